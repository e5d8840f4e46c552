"""派单: from an appeal's words to a department, with calibrated confidence and evidence. Serves without training code."""
