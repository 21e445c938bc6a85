"""tf.contrib.distributions, linalg, stateless: densities, operators, seeded draws."""

import numpy as np
from harness import scenario

LAST, OLD = ("1.15.5",), ("1.0.0", "0.12.1")
X = np.array([0.2, 0.5, 0.9], dtype=np.float32)


@scenario(LAST, gradients=False)
def densities(tf):
    d = tf.contrib.distributions
    normal, other = d.Normal(loc=0.5, scale=2.0), d.Normal(loc=0.0, scale=1.0)
    return {
        "normal": normal.log_prob(X),
        "entropy": normal.entropy(),
        "bernoulli": d.Bernoulli(logits=X).log_prob([0, 1, 1]),
        "categorical": d.Categorical(logits=X).log_prob(2),
        "gamma": d.Gamma(concentration=2.0, rate=3.0).log_prob(X),
        "beta": d.Beta(2.0, 3.0).prob(X),
        "uniform": d.Uniform(low=0.0, high=2.0).prob(X),
        "student": d.StudentT(df=3.0, loc=0.0, scale=1.0).log_prob(X),
        "laplace": d.Laplace(loc=0.0, scale=1.0).cdf(X),
        "kl": (d.kl_divergence if hasattr(d, "kl_divergence") else d.kl)(normal, other),
        "is": isinstance(normal, d.Normal) and isinstance(normal, d.Distribution),
    }


@scenario(OLD, gradients=False)
def old_parameters(tf):
    d = tf.contrib.distributions
    return {
        "normal": d.Normal(mu=0.5, sigma=2.0).log_prob(X),
        "bernoulli": d.Bernoulli(p=0.3).log_prob([0, 1, 1]),
        "uniform": d.Uniform(a=0.0, b=2.0).prob(X),
        "gamma": d.Gamma(alpha=2.0, beta=3.0).log_prob(X),
        "exponential": d.Exponential(lam=2.0).prob(X),
    }


@scenario(LAST, gradients=False)
def seeded(tf):
    stateless = tf.contrib.stateless
    return {
        "normal": stateless.stateless_random_normal([3], seed=[1, 2]),
        "uniform": stateless.stateless_random_uniform([3], seed=[1, 2]),
        "truncated": stateless.stateless_truncated_normal([3], seed=[1, 2]),
        "multinomial": stateless.stateless_multinomial([[0.1, 0.2]], 5, seed=[1, 2]),
    }


@scenario(("1.0.0",), gradients=False)
def operators(tf):
    linalg = tf.contrib.linalg
    diagonal = linalg.LinearOperatorDiag([1.0, 2.0, 3.0])
    matrix = linalg.LinearOperatorMatrix(np.eye(3, dtype="f") * 2 + 1)
    both = linalg.LinearOperatorComposition([diagonal, matrix])
    return {
        "dense": both.to_dense(),
        "triangle": linalg.LinearOperatorTriL(np.ones((3, 3), "f")).to_dense(),
        "determinant": diagonal.determinant(),
    }
