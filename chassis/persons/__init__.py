"""Personal data (个人信息): found, told to the person, erased with a proof, kept no longer than its class allows."""
