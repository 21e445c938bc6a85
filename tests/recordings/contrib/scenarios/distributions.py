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


def _of_scalars(d):
    return {
        "logistic": d.Logistic(loc=0.2, scale=1.5),
        "cauchy": d.Cauchy(loc=0.2, scale=1.5),
        "half": d.HalfNormal(scale=1.5),
        "inverse_gamma": d.InverseGamma(concentration=2.5, rate=1.5),
        "chi2": d.Chi2(df=3.0),
        "soft": d.NormalWithSoftplusScale(loc=0.5, scale=0.3),
        "soft_gamma": d.GammaWithSoftplusConcentrationRate(2.0, 0.5),
        "abs": d.StudentTWithAbsDfSoftplusScale(-3.5, 0.5, 0.3),
        "relaxed": d.RelaxedBernoulli(0.7, logits=0.4),
        "softplus": d.TransformedDistribution(
            d.Normal(0.1, 0.9), d.bijectors.Softplus()
        ),
    }


@scenario(LAST, gradients=False)
def scalars(tf):
    d, found = tf.contrib.distributions, {}
    for name, one in _of_scalars(d).items():
        found[name + "_log"] = one.log_prob(X)
    for name, one in _of_scalars(d).items():
        if name in ("logistic", "cauchy", "half", "inverse_gamma", "softplus"):
            found[name + "_cdf"] = one.cdf(X)
        if name in ("logistic", "half", "chi2", "soft"):
            found[name + "_mean"], found[name + "_sd"] = one.mean(), one.stddev()
            found[name + "_entropy"] = one.entropy()
        if name in ("logistic", "cauchy", "half", "relaxed", "soft", "softplus"):
            found[name + "_drawn"] = one.sample([5], seed=3)
    return found


@scenario(LAST, gradients=False)
def counts(tf):
    d = tf.contrib.distributions
    whole = np.array([0.0, 1.0, 4.0], "f")
    each = {
        "poisson": d.Poisson(rate=[0.5, 1.0, 2.0]),
        "log_poisson": d.Poisson(log_rate=0.3),
        "geometric": d.Geometric(probs=0.3),
        "binomial": d.Binomial(total_count=5.0, logits=[0.1, 0.2, 0.3]),
        "negative": d.NegativeBinomial(total_count=3.0, probs=0.4),
        "quantized": d.QuantizedDistribution(d.Normal(1.0, 2.0), low=-1.0, high=6.0),
        "one": d.Deterministic([0.0, 1.0, 3.0]),
        "hot": d.OneHotCategorical(logits=[[0.1, 0.5, 0.2]]),
    }
    found = {}
    for name, one in each.items():
        values = np.eye(3, dtype="int32") if name == "hot" else whole
        found[name] = one.prob(values)
        if name not in ("quantized", "hot"):
            found[name + "_mean"] = one.mean()
        if name in ("poisson", "geometric", "quantized", "hot"):
            found[name + "_drawn"] = one.sample([4], seed=5)
    return found


@scenario(LAST, gradients=False)
def vectors(tf):
    d = tf.contrib.distributions
    loc = np.array([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]], "f")
    triangle = np.array([[1.0, 0.0], [0.5, 2.0]], "f")
    x = np.array([0.3, 0.7], "f")
    diagonal = d.MultivariateNormalDiag(loc, [1.0, 0.5])
    lower = d.MultivariateNormalTriL(loc, triangle)
    each = {
        "diagonal": diagonal,
        "identity": d.MultivariateNormalDiag(loc),
        "scaled": d.MultivariateNormalDiag(loc, scale_identity_multiplier=1.5),
        "lower": lower,
        "full": d.MultivariateNormalFullCovariance(loc, triangle.dot(triangle.T)),
        "soft": d.MultivariateNormalDiagWithSoftplusScale(loc, [0.1, 0.2]),
        "independent": d.Independent(d.Normal(loc, 1.3), 1),
    }
    found = {"kl": d.kl_divergence(diagonal, lower)}
    for name, one in each.items():
        found[name] = one.log_prob(x)
        found[name + "_entropy"], found[name + "_mean"] = one.entropy(), one.mean()
        found[name + "_drawn"] = one.sample(2, seed=4)
    found["covariance"] = lower.covariance()
    found["deviation"], found["variance"] = diagonal.stddev(), lower.variance()
    return found


@scenario(LAST, gradients=False)
def mixtures(tf):
    d = tf.contrib.distributions
    loc = np.array([[0.1, 0.2], [0.3, -0.4]], "f")
    normal = d.Mixture(
        cat=d.Categorical(probs=[0.3, 0.7]),
        components=[d.Normal(0.1, 1.0), d.Normal(2.0, 0.5)],
    )
    vectors = d.Mixture(
        cat=d.Categorical(probs=[0.3, 0.7]),
        components=[d.MultivariateNormalDiag(loc[0]), d.MultivariateNormalDiag(loc[1])],
    )
    same = d.MixtureSameFamily(
        d.Categorical(probs=[0.3, 0.7]), d.MultivariateNormalDiag(loc, [1.0, 2.0])
    )
    numbers = d.MixtureSameFamily(
        d.Categorical(probs=[0.3, 0.7]), d.Normal([0.1, 2.0], [1.0, 0.5])
    )
    relaxed = d.RelaxedOneHotCategorical(0.5, logits=[[0.1, 0.5, 0.2]])
    logs = d.ExpRelaxedOneHotCategorical(0.5, probs=[0.3, 0.5, 0.2])
    share = np.array([0.2, 0.3, 0.5], "f")
    return {
        "normal": normal.log_prob(X),
        "normal_mean": normal.mean(),
        "normal_sd": normal.stddev(),
        "normal_cdf": normal.cdf(X),
        "normal_drawn": normal.sample(4, seed=6),
        "bound": normal.entropy_lower_bound(),
        "vectors": vectors.log_prob(loc),
        "vectors_mean": vectors.mean(),
        "same": same.log_prob(loc),
        "same_mean": same.mean(),
        "numbers": numbers.prob(X),
        "numbers_sd": numbers.stddev(),
        "relaxed": relaxed.log_prob(share),
        "relaxed_drawn": relaxed.sample(2, seed=7),
        "logs": logs.log_prob(np.log(share)),
    }


@scenario(LAST, gradients=False)
def functions(tf):
    d = tf.contrib.distributions
    b, found = d.bijectors, {}
    pairs = np.array([[0.2, 0.5], [0.9, 0.1]], "f")
    scalars = {
        "exp": b.Exp(),
        "sigmoid": b.Sigmoid(),
        "softplus": b.Softplus(),
        "soft": b.Softplus(hinge_softness=2.0),
        "power": b.PowerTransform(0.5),
        "square": b.Square(),
        "softsign": b.Softsign(),
        "affine": b.AffineScalar(shift=0.5, scale=2.0),
        "invert": b.Invert(b.Exp()),
        "chain": b.Chain([b.AffineScalar(0.1, 2.0), b.Sigmoid()]),
    }
    for name, one in scalars.items():
        y = one.forward(X)
        found[name], found[name + "_back"] = y, one.inverse(y)
        found[name + "_slope"] = one.forward_log_det_jacobian(X, event_ndims=0)
        found[name + "_inverse"] = one.inverse_log_det_jacobian(y, event_ndims=0)
    vectors = {
        "permute": b.Permute([1, 0]),
        "shift": b.Affine(shift=[0.1, 0.2], scale_diag=[1.0, 2.0]),
        "triangle": b.Affine(scale_tril=[[1.0, 0.0], [0.5, 2.0]]),
        "softmax": b.SoftmaxCentered(),
    }
    for name, one in vectors.items():
        y = one.forward(pairs)
        found[name], found[name + "_back"] = y, one.inverse(y)
        found[name + "_slope"] = one.inverse_log_det_jacobian(y, event_ndims=1)
    found["reshape"] = b.Reshape([2, 1], [2]).forward(pairs)
    found["fill"] = b.FillTriangular().forward(np.array([0.1, 0.2, 0.3], "f"))
    found["percentile"] = d.percentile(pairs, 30.0)
    found["percentiles"] = d.percentile(pairs, 60.0, axis=0, interpolation="lower")
    found["kept"] = d.percentile(pairs, 60.0, axis=[1], keep_dims=True)
    flow = d.TransformedDistribution(
        d.Normal(0.0, 1.0), b.Affine(shift=[0.1, 0.2]), event_shape=[2]
    )
    found["flow"], found["flow_drawn"] = flow.log_prob(pairs), flow.sample(3, seed=2)
    return found


@scenario(OLD, gradients=False)
def old_vectors(tf):
    d = tf.contrib.distributions
    mu = np.array([0.1, 0.2], "f")
    triangle = np.array([[1.0, 0.0], [0.5, 2.0]], "f")
    square, x = triangle.dot(triangle.T), np.array([0.3, 0.7], "f")
    normal = d.MultivariateNormalDiag
    first = normal(mu, np.array([1.0, 0.5], "f"))
    return {
        "diagonal": getattr(first, "log_pdf", first.log_prob)(x),
        "lower": d.MultivariateNormalCholesky(mu=mu, chol=triangle).log_prob(x),
        "full": d.MultivariateNormalFull(mu=mu, sigma=square).log_prob(x),
        "chi2": d.Chi2(df=3.0).log_prob(X),
        "inverse": d.InverseGamma(alpha=2.0, beta=3.0).log_prob(X),
        "poisson": d.Poisson(lam=2.0).prob([1.0, 2.0]),
        "binomial": d.Binomial(n=5.0, p=0.3).prob([1.0, 2.0]),
        "soft": d.NormalWithSoftplusSigma(mu=0.5, sigma=0.3).log_prob(X),
        "chance": d.BernoulliWithSigmoidP(p=0.3).prob([0, 1]),
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


def _conjugates(tf, prior, ending):
    d, found = tf.contrib.distributions, {}
    sums = tf.constant([[0.5, 3.0], [1.0, -1.0]])
    for what in ("posterior", "predictive"):
        function = getattr(d, "normal_conjugates_known_%s_%s" % (ending, what))
        normal = function(prior, 1.5, sums, 4)
        found[what + "_mean"] = normal.mean()
        found[what + "_log_prob"] = normal.log_prob(X[:2])
    return found


@scenario(LAST, gradients=False)
def conjugates(tf):
    d = tf.contrib.distributions
    return _conjugates(tf, d.Normal(loc=[1.0, 2.0], scale=[2.0, 0.5]), "scale")


@scenario(OLD, gradients=False)
def old_conjugates(tf):
    d = tf.contrib.distributions
    return _conjugates(tf, d.Normal(mu=[1.0, 2.0], sigma=[2.0, 0.5]), "sigma")
