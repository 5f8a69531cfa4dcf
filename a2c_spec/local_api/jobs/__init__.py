"""Jobs and the rules of their life: the model, its checks, the store, and the service that changes them."""
