"""Will this flight leave late? Data, model, service and retraining of one small production system."""
