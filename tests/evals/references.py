"""Other people's statistics, which ours are held against; untyped, because their stubs know less than they return."""

from __future__ import annotations

from typing import Any

import scipy.integrate
import scipy.stats
import statsmodels.api
from statsmodels.stats import contingency_tables, multitest, power, proportion

stats: Any = scipy.stats
quad: Any = scipy.integrate.quad
OLS: Any = statsmodels.api.OLS
TTestPower: Any = power.TTestPower
statsmodels_mcnemar: Any = contingency_tables.mcnemar
multipletests: Any = multitest.multipletests
proportion_confint: Any = proportion.proportion_confint
confint_proportions_2indep: Any = proportion.confint_proportions_2indep
