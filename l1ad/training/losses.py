"""The terms of the loss, per event."""

from typing import Any

__all__ = ["kl_divergence", "masked_squared_error"]


def masked_squared_error(inputs: Any, reconstructed: Any, present: Any) -> Any:
    """Sum the squared errors of the inputs whose object is there, shape (n_events,).

    Masked as in Govorkova et al., arXiv:2108.03986, section 3. All arguments have shape (n_events, n_inputs); `present` is 1 or 0.
    """
    from keras import ops

    return ops.sum(present * ops.square(inputs - reconstructed), axis=1)


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """KL divergence of N(µ, σ²) from N(0, 1), summed over the latent space, shape (n_events,).

    Kingma & Welling, arXiv:1312.6114, appendix B: −½ Σ (1 + ln σ² − µ² − σ²).
    """
    from keras import ops

    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)
