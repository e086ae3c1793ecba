"""smolagents: what is patched in it, and how each method is understood.

Agents, their steps and their models are seen at the generators and methods that every way of running an agent goes
through; models, tools and executors in every class, also in those that the program makes.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _smolagents_model as model
from tracekit_integrations import _smolagents_steps as steps

_AGENT = Method(
    request=steps.agent, response=steps.said, accumulator=steps.Answer, nests=True, lasts=True, measured=False
)
_STEP = Method(request=steps.step, response=steps.said, accumulator=steps.Step, nests=True, lasts=True, measured=False)
_PLAN = Method(request=steps.plan, response=steps.said, accumulator=steps.Plan, nests=True, lasts=True, measured=False)
_LAST = Method(request=steps.last_answer, response=steps.answered, nests=True, measured=False)
_CHAT = Method(request=model.request, response=model.response, measured=False)
_STREAM = Method(
    request=model.streamed, response=model.response, accumulator=model.Accumulator, lasts=True, measured=False
)
_TOOL = Method(request=steps.tool, response=steps.result, nests=True, measured=False)
_CODE = Method(request=steps.code, response=steps.ran, nests=True, measured=False)

integration = Integration(
    name="smolagents",
    package="smolagents",
    distribution="smolagents",
    versions=">=1.21,<2",
    tested=("1.21.3", "1.26.0"),
    targets=(
        Target(module="smolagents.agents", attribute="MultiStepAgent._run_stream", method=_AGENT, family=True),
        Target(module="smolagents.agents", attribute="MultiStepAgent._step_stream", method=_STEP, family=True),
        Target(module="smolagents.agents", attribute="MultiStepAgent._generate_planning_step", method=_PLAN),
        Target(module="smolagents.agents", attribute="MultiStepAgent.provide_final_answer", method=_LAST),
        Target(module="smolagents.models", attribute="Model.generate", method=_CHAT, family=True),
        Target(module="smolagents.models", attribute="Model.generate_stream", method=_STREAM, family=True),
        Target(module="smolagents.tools", attribute="Tool.__call__", method=_TOOL, family=True),
        Target(
            module="smolagents.local_python_executor", attribute="PythonExecutor.__call__", method=_CODE, family=True
        ),
    ),
)

SmolagentsInstrumentor = instrumentor(integration)
