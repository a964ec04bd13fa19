"""Training: the only room that knows Keras. It ends by freezing the encoder mean into a trigger algorithm."""
