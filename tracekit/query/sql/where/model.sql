list_contains(models, $value)
OR list_contains(list_transform(models, lambda model: regexp_replace(model, '^.*/|[-@](20\d\d-\d\d-\d\d|20\d{6})$', '', 'g')), $value)
