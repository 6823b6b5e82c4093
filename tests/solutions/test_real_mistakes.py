"""Mistakes that people really make, written as they write them: each is refused, and named by what is true of it.

The first ninety were made in public (issues, pull requests, questions) and are written anew; the rest are of the
same kinds. Under the beginning of the sentence that must name it stands a mistake, in the form of `gradus.texts`.
"""

import numpy as np
import pytest

from gradus import texts
from gradus.authoring import PUBLIC_SEED
from gradus.calling import call
from gradus.verdict import examine
from tests.plans import plan_of
from tests.solutions.test_checks import EXERCISES

NOT_NAMED = "NOT NAMED"

MADE = {
    "variance_scaling": """
        the variance was taken for the standard deviation: it is the root of
            gain / np.sqrt(fan[mode]) -> gain * gain / fan[mode]
        the bound is the standard deviation: a uniform distribution on (-r
            np.sqrt(3) * deviation -> gain / np.sqrt(fan[mode])
        the outputs are counted in every mode: fan_in counts the inputs
            gain / np.sqrt(fan[mode]) -> gain * n_out**-0.5
        fan_avg is the sum of inputs and outputs here: it is half of it, their
            (n_in + n_out) / 2 -> (n_in + n_out)
    """,
    "adam_step": """
        the corrected moments are returned: the correction is for this step
            m_hat = m / (1 - beta1**t) -> m = m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t) -> v = v_hat = v / (1 - beta2**t)
        the averages are multiplied by `1 - beta**t`: divide by it, it is
            m / (1 - beta1**t) -> (1 - beta1**t) * m
            v / (1 - beta2**t) -> (1 - beta2**t) * v
        the step is multiplied by the root: divide by `sqrt(v_hat) + eps`
            lr * m_hat / -> lr * m_hat *
    """,
    "momentum_step": """
        the velocity is averaged: this is `(1 - mu) * grad`, the convention
            grad -> grad * (1 - mu)
        the memory is added while the gradient is subtracted, so it pushes
            theta - lr * velocity -> theta - lr * (grad - mu * velocity)
        the old velocity is multiplied by the learning rate, too: `mu *
            mu * velocity -> velocity * lr * mu
    """,
    "nesterov_step": """
        the step starts at the look-ahead point, so the momentum is counted
            ahead = theta - mu * lr * velocity
            velocity = gradient(ahead) + mu * velocity
            return ahead - velocity * lr, velocity
    """,
    "nesterov_shifted_step": """
        the whole new velocity is added to `mu` times itself: the step is
            (grad + mu * velocity) -> (velocity + mu * velocity)
        the formula with `mu**2` means the OLD velocity: the step is `grad +
            (grad + mu * velocity) -> (mu**2 * velocity + grad + mu * grad)
    """,
    "adagrad_step": """
        the step goes uphill: subtract it
            theta - lr * grad -> theta - -lr * grad
        eps stands inside the root: here it is outside, `sqrt(s) + eps`
            np.sqrt(s) + eps -> (s + eps) ** 0.5
    """,
    "accumulated_gradient": """
        the gradients of all parts count the same: each counts by its number
            return grads.mean(axis=0)
    """,
    "schedule": """
        the factor is upside down in "exponential": it is end / before
            before * (end / before) ** f -> before / (end / before) ** f
        `end` is forgotten in "cosine": the wave runs down to it, not to 0
            end + (before - end) * (1 + np.cos(np.pi * f)) / 2 -> 0.5 * before * (1 + np.cos(np.pi * f))
    """,
    "reduce_on_plateau": """
        the count does not start again after a cut, so every further epoch
            lr, bad, cooling = max(lr * factor, min_lr), 0, cooldown -> lr, cooling = max(lr * factor, min_lr), cooldown
        every bad epoch cuts: `patience` of them in a row are borne first
            rates, best, cooling = [], float("inf"), 0
            for loss in losses:
                rates.append(lr)
                if loss < (1 - threshold) * best:
                    best = loss
                    continue
                if cooling:
                    cooling -= 1
                    continue
                lr, cooling = max(min_lr, factor * lr), cooldown
            return rates
    """,
    "softmax_cross_entropy": """
        one maximum was subtracted for all rows: each row needs its own, or a
            logits.max(axis=1, keepdims=True) -> logits.max()
        the softmax was taken down the columns: the probabilities of each
            p = np.exp(logits)
            p = p / sum(p)
            target = np.eye(p.shape[1])[labels]
            return -(target * np.log(p)).sum(axis=1).mean(), (p - target) / len(p)
        the gradient has the wrong sign: it is p minus the one-hot row
            return loss, grad / n -> return loss, -grad / n
    """,
    "affine_backward": """
        db is one number: each unit has a bias of its own, so sum over the
            dz.sum(axis=0) -> dz.sum()
        db is not summed: b acts on every row, so its gradient sums the rows
            dz.sum(axis=0) -> 1 * dz
        dw and db are divided by n once more: the loss's division by n is in
            x.T @ dz, dz.sum(axis=0) -> x.T @ (dz / len(dz)), dz.mean(axis=0)
    """,
    "network_gradient": """
        these are the gradients of the summed loss: the loss is a mean, so
            loss, dz = softmax_cross_entropy(logits, labels) -> loss, dz = softmax_cross_entropy(logits, labels); dz = dz * len(x)
    """,
    "numerical_gradient": """
        these are one-sided differences, f(x + h) - f(x) over h: central ones
            (f(x + step) - f(x - step)) / (2 * h) -> (f(x + step) - f(x)) / h
    """,
    "relative_error": """
        this divides by |a| + |b|, another convention, whose error is up to
            np.maximum(np.maximum(np.abs(a), np.abs(b)), floor) -> np.maximum(np.abs(b) + np.abs(a), floor)
        this divides by |b| alone: divide by the larger of |a| and |b|
            return np.abs((a - b) / b).max()
    """,
    "minibatches": """
        the last, shorter batch is dropped: its examples belong to the epoch
            return [order[start : start + batch_size] for start in starts] -> return [order[s : s + batch_size] for s in starts if s + batch_size <= n]
    """,
    "sigmoid": """
        the slope is z * (1 - z): it is a * (1 - a), of the activation and
            small / (1 + small) ** 2 -> (1 - z) * z
        `a` overflows: exp(z) / (1 + exp(z)) is inf / inf for large z; let no
            a = np.exp(z)
            a = a / (a + 1)
            return a, (1 - a) * a
    """,
    "tanh": """
        the slope is that of the tanh of a, squashed twice: 1 - a**2 is all
            1 - a**2 -> 1 - np.tanh(a) * np.tanh(a)
        the value is 2 * sigmoid(z) - 1, too wide: tanh(z) = 2 * sigmoid(2 *
            e = np.exp(-z)
            a = (1 - e) / (1 + e)
            return a, 1 - a * a
    """,
    "leaky_relu": """
        at z = 0 the slope is `alpha` here: 1 only where z > 0
            slope * z, slope -> slope * z, np.where(z >= 0, 1.0, alpha)
    """,
    "elu": """
        the slope on the negative side is z + alpha, with the input in place
            np.where(z > 0, 1.0, alpha * np.exp(below)) -> np.where(z > 0, 1.0, alpha + z)
        at z = 0 the slope is that of the negative side, scale * alpha:
            np.where(z > 0, 1.0, alpha * np.exp(below)) -> np.where(z < 0, a + alpha, 1.0)
    """,
    "batchnorm_forward": """
        this divides by the square of the variance: divide by its root
            np.sqrt(var + eps) -> np.square(var + eps)
    """,
    "batchnorm_backward_steps": """
        in dx the path through the mean is not divided by n: the mean is an
            dmean / n -> dmean
    """,
    "batchnorm_backward": """
        gamma is missing in dx: the way back passes y = gamma * x_hat + beta
            gamma / _root(var, eps) -> 1 / _root(var, eps)
    """,
    "update_running_statistics": """
        rho multiplies the new statistics: here rho is the share of the old
            rho * running_mean + (1 - rho) * mean -> (1 - rho) * running_mean + rho * mean
            rho * running_var + (1 - rho) * factor -> (1 - rho) * running_var + rho * factor
        the standard deviation is averaged: the average is one of variances
            factor * var -> factor * np.sqrt(var)
    """,
    "fold_batchnorm": """
        the bias b is not scaled: it goes through the normalization as x @ w
            (b - running_mean) * scale + beta -> b + beta - scale * running_mean
        beta, too, is divided by the root, though not scaled by gamma: it is
            (b - running_mean) * scale + beta -> ((b - running_mean) * gamma + beta) / np.sqrt(running_var + eps)
    """,
    "spatial_batchnorm_forward": """
        mean and var are in order; the values are still taken for rows of one
            n, c, h, w = x.shape
            rows = x.reshape((n * h * w, c))
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
            return (gamma * ((rows - mean) / np.sqrt(var + eps)) + beta).reshape(n, c, h, w), mean, var
    """,
    "layernorm_forward": """
        the positions of a sequence are averaged together: each position has
            axes = tuple(range(1, x.ndim)) or (0,)
            m, v = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
            xh = (x - m) / np.sqrt(v + eps)
            return gamma * xh + beta, xh, np.sqrt(v + eps)
        the variance is divided by d - 1: it is the biased one, divided by d
            x.var(axis=-1, keepdims=True) -> x.var(axis=-1, keepdims=True, ddof=1)
    """,
    "layernorm_backward": """
        gamma stands in front of the averages, as in batch normalization: here
            grad = dy * gamma -> grad = dy
            x_hat * along) / std -> x_hat * along) * gamma / std
        dgamma and dbeta are summed over the first axis only: all positions of
            return dx, np.sum(dy * x_hat, axis=leading), np.sum(dy, axis=leading) -> return dx, (dy * x_hat).sum(0), dy.sum(0)
    """,
    "rmsnorm_backward": """
        the mean of the gradient is subtracted, as in layer normalization: here
            (grad - x_hat -> (grad - grad.mean(-1, keepdims=True) - x_hat
        a sum in place of a mean in dx: the square that is divided by is a mean
            np.mean(grad * x_hat, axis=-1, keepdims=True) -> (grad * x_hat).sum(-1, keepdims=True)
    """,
    "groupnorm_forward": """
        a group is made of maps that lie `groups` apart: those that stand side
            n, c, h, w = x.shape
            xg = x.reshape(n, c // groups, groups, h, w)
            m, v = xg.mean((1, 3, 4), keepdims=True), xg.var((1, 3, 4), keepdims=True)
            y = ((xg - m) / np.sqrt(v + eps)).reshape(n, c, h, w)
            return y * gamma.reshape(1, c, 1, 1) + beta.reshape(1, c, 1, 1), m.reshape(n, groups), v.reshape(n, groups)
    """,
    "masked_norm": """
        the mean is in order; the squares of the real steps are still divided by
            var = np.sum(centred**2, axis=1, keepdims=True) / count -> var = (centred**2).mean(1, keepdims=True)
    """,
    "recalibrate": """
        the variances are averaged and no more: the means of the batches differ
            variances + (means - mean) ** 2 -> variances
        the batches count alike, and the spread of their means is missing: a
            return np.mean(means, 0), np.mean(variances, 0)
    """,
    "equilibrium": """
        the square of the decay is neglected: it is small where lr * decay is
            return (lr * gradient**2 / 2 / decay) ** 0.25, (2 * lr * decay) ** 0.5
    """,
    "count_parameters": """
        all four vectors of a normalization are counted as trained: gamma and
            trained += 2 * n -> trained += 4 * n
            not_trained += 2 * n -> pass
    """,
    "dropout_forward": """
        `p` is the probability of being DROPPED; here it is that of being
            >= p -> < p
            (1 - p) -> p
    """,
    "dropconnect_forward": """
        whole rows of the weights are dropped: that is dropout of the inputs;
            kept = (rng.random(np.shape(x)) >= p) / (1 - p)
            return (kept * x) @ weights, kept
    """,
    "stochastic_depth_forward": """
        `survival` is the probability of being KEPT; here it is that of being
            < survival -> >= survival
            x + survival -> x + (1 - survival)
        one toss decides for all examples: toss for each of them
            (len(x), 1) -> (1, 1)
    """,
    "pca_color_augment": """
        the eigenvectors are the COLUMNS of the matrix that `np.linalg.eigh`
            @ vectors.T -> @ vectors
    """,
    "random_crop": """
        the last place is never taken: `rng.integers(0, k)` leaves out k, so
            h - size + 1, size=n -> max(h - size, 1), size=n
            w - size + 1, size=n -> max(w - size, 1), size=n
    """,
    "random_flip": """
        the order of the images is turned round, not the images: left to
            return images[::-1] if rng.random() < p else 1 * images
    """,
    "max_pool_regions": """
        each a-th pixel is taken, from every region's number on: a region is
            region = images[:, :, top:bottom, left:right] -> region = images[:, :, i :: len(rows), j :: len(columns)]
    """,
    "l2_penalty": """
        right values, but it changes its argument `theta` in place: work on a
            w = theta
            w[np.logical_not(is_weight)] = 0
            return lam * np.sum(w**2) / 2, lam * w
    """,
    "soft_threshold": """
        negative entries are all set to zero: they move up towards zero by
            np.maximum(np.abs(z) - threshold, 0) -> np.maximum(z - threshold, 0)
    """,
    "elastic_net_prox": """
        the learning rate is missing in the threshold: it is lr * l1
            - lr * l1 -> - l1
    """,
    "ridge": """
        the fit goes through the origin: subtract the means of x and y before
            d = x.shape[1]
            return np.linalg.inv(x.T @ x + lam * np.eye(d)) @ x.T @ y, 0
    """,
    "adamw_step": """
        the decay lacks the learning rate: in this convention theta loses the
            lr * weight_decay -> weight_decay
        the decay has the wrong sign: the parameters grow
            step - lr -> step + lr
    """,
    "early_stopping": """
        it stops one epoch too late: at the end of the epoch that is
            >= patience -> > patience
        the epochs without improvement are counted over the whole run: an
            best, count = 0, 0
            for epoch, loss in enumerate(losses):
                if epoch == 0:
                    continue
                if loss < losses[best] - min_delta:
                    best = epoch
                    continue
                count += 1
                if count >= patience:
                    return epoch, best
            return epoch, best
    """,
    "bootstrap_sample": """
        drawn without replacement: every example comes once; a bootstrap
            return rng.permutation(np.arange(n))
    """,
    "out_of_bag_average": """
        `~rows[k]` of row numbers is -1 - row, which counts from the end: it
            sums, counts = 0 * predictions[0], 0 * predictions[0]
            for p, r in zip(predictions, rows):
                out = np.unique(~r)
                sums[out] += p[out]
                counts[out] += 1
            return sums / counts
        an example that every model has seen has no such mean: give nan, not 0
            np.sum(unseen, axis=0) -> np.maximum(np.sum(unseen, axis=0), 1)
    """,
    "adaboost": """
        alpha is log((1 + e) / (1 - e)) / 2, which grows with the error: the
            np.log((1 - error) / error) -> np.log((1 + error) / (1 - error))
    """,
    "polyak_average": """
        old and new are exchanged: the new point counts 1 / t, the old mean
            return ((t - 1) * theta + average) / t
    """,
    "fold_errors": """
        the held rows are standardised by their own statistics: by those of
            z, z_held = (x[train] - mean) / std, (x[held] - mean) / std -> z, z_held = (x[train] - mean) / std, (x[held] - x[held].mean(axis=0)) / np.where(np.ptp(x[held], axis=0) == 0, 1, x[held].std(axis=0))
    """,
    "kfold_indices": """
        the last n % k rows are in no fold: the first folds have one row
            np.array_split(rng.permutation(n), k) -> list(rng.permutation(n)[: n // k * k].reshape(k, -1))
        the pairs are the wrong way round: first the rows to train, then
            (np.concatenate(folds[:i] + folds[i + 1 :]), validation) -> (validation, np.concatenate(folds[:i] + folds[i + 1 :]))
    """,
    "train_validation_test_split": """
        the second split deals places of what the first left, not the rows
            rest = rng.permutation(n)
            a, b = round(validation * n), round(test * n)
            second = rng.permutation(n - a)
            return second[b:], rest[:a], second[:b]
    """,
    "one_standard_error": """
        the limit is one standard deviation above: the standard error of a
            / np.sqrt(shape[1]) -> / 1
        the spread is that of the candidates' means, or of all errors together
            np.std(errors[best], ddof=1) / np.sqrt(shape[1]) -> np.std(means, ddof=1) / np.sqrt(len(means))
    """,
    "random_search": """
        `best` is the trial of the largest value: a loss is the better the
            argmin -> argmax
    """,
    "backtracking": """
        the bound was computed once, with the first length: it moves with
            value, slope = f(theta), grad @ direction
            alpha, bound = initial, value + c1 * initial * slope
            for _ in range(1000):
                if f(theta + alpha * direction) <= bound:
                    return alpha
                alpha *= shrink
            return alpha
    """,
    "wolfe_line_search": """
        f falls enough, but the slope is not asked about: the step may be too
            slope, alpha = gradient(theta) @ direction, initial
            while f(theta + alpha * direction) > f(theta) + c1 * alpha * slope:
                alpha *= 0.5
            return alpha
    """,
    "conjugate_gradient": """
        the new direction is made of the old residual: it is r_new plus
            r = r - alpha * ad -> old, r = r, r - alpha * ad
            d = r + rr / before * d -> d = old + rr / before * d
    """,
    "bfgs_update": """
        the last term is missing: without rho * s s^T the inverse is singular
            1 + change @ hy / curvature -> change @ hy / curvature
    """,
    "lbfgs_direction": """
        the newest pair is not used: all that are given are
            return lbfgs_direction(grad, list(steps)[:-1], list(changes)[:-1])
    """,
    "masked_step": """
        the mask is on the gradient alone: a frozen parameter that still has
            mask * (mu * velocity + grad) -> mu * velocity + grad * mask
    """,
    "discriminative_learning_rates": """
        the layers are in the wrong order: the last one gets lr, the ones
            [::-1], sizes -> , sizes
    """,
}

# As people might write them: literal, without guards, two slips at once.
IMAGINED = {
    "variance_scaling": """
        the gain stands under the root: it multiplies the weights, its square
            gain / np.sqrt(fan[mode]) -> (gain / fan[mode]) ** 0.5
        the root is over the gain alone, or missing: the fan stands under a
            gain / np.sqrt(fan[mode]) -> gain / fan[mode]
        inputs and outputs have changed places: n_in counts for fan_in
            fan[mode] -> {"fan_in": n_out, "fan_out": n_in, "fan_avg": (n_in + n_out) / 2}[mode]
        all weights are positive: draw between -r and r, so that the mean is 0
            rng.uniform(-r, r, size=(n_in, n_out)) -> rng.random((n_in, n_out)) * r
        the bound has the root of 6, that of one rule: it is sqrt(3) times the
            np.sqrt(3) * deviation -> gain * np.sqrt(6 / fan[mode])
        `distribution` is ignored: all are normal
            if distribution == "normal": -> if True:
        the shape is turned: rows are inputs, columns are units, (n_in, n_out)
            rng.normal(0.0, deviation, size=(n_in, n_out)) -> rng.normal(0.0, deviation, size=(n_out, n_in))
            rng.uniform(-r, r, size=(n_in, n_out)) -> rng.uniform(-r, r, size=(n_out, n_in))
    """,
    "distance_factor": """
        the slope is not squared: it multiplies the difference, so its square
            slope(z) ** 2 -> slope(z)
        this is the factor of the distance: the factor of its square is asked
            return fan_in * weight_variance * passed -> return (fan_in * weight_variance * passed) ** 0.5
        the activation's slope is not used: it multiplies each unit's
            * passed ->
    """,
    "orthogonal_weights": """
        with more outputs than inputs, np.linalg.qr gives a square matrix
            q, _ = np.linalg.qr(rng.standard_normal((n_in, n_out)))
            return gain * q
        these are normal numbers of the right size: their columns are only
            return rng.standard_normal((n_in, n_out)) * gain / np.sqrt(n_in)
        the gain is missing: every singular value is `gain`
            return gain * (columns if n_in >= n_out else columns.T) -> return columns if n_in >= n_out else columns.T
    """,
    "scale_layers": """
        the mean is subtracted now: it is the mean square that shall be 1, not
            np.sqrt(np.mean(z**2)) -> np.std(z)
        the outputs of the activation are divided, not what enters it: the new
            x = activation(z / size) -> x = activation(x @ w) / size
        the weights are divided by the mean square: it is the root of it that
            size = np.sqrt(np.mean(z**2)) -> size = (z * z).mean()
    """,
    "silu": """
        the slope is that of the gate alone, held fixed: z is a factor, too
            gate + z * rise -> gate
        the slope lacks its first term: the derivative of a product has two
            gate + z * rise -> z * rise
        the slope of the gate is 1 - gate here: a factor `gate` is missing
            gate + z * rise -> gate + z * (1 - gate)
        `a` overflows: z * exp(z) / (1 + exp(z)) is inf / inf for large z
            s = np.exp(z) / (np.exp(z) + 1)
            return z * s, s * (1 + z * (1 - s))
        this is the softplus, whose slope is the sigmoid: SiLU is z times
            return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0), sigmoid(z)[0]
    """,
    "gelu": """
        this is the approximation by tanh: it is off by up to 0.0005, and the
            t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
            inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)
            return 0.5 * z * (1 + t), 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * inner
        the density is not divided by sqrt(2 * pi)
            / np.sqrt(2 * np.pi) ->
        the slope is the gate alone: z is a factor that moves the gate, too
            gate + z * density -> gate
        this is the approximation by a sigmoid of 1.702 * z: the distribution
            s = 1 / (1 + np.exp(np.clip(-1.702 * z, -700, 700)))
            return z * s, s + 1.702 * z * s * (1 - s)
    """,
    "softplus": """
        very negative z are in order now; exp(z) is still infinite for large
            return np.log1p(np.exp(z)), np.exp(z) / (np.exp(z) + 1)
        large z are in order now; for very negative z, 1 + exp(z) is still
            grown = np.exp(np.minimum(z, 50))
            return np.where(z > 50, z, np.log(1 + grown)), grown / (1 + grown)
        z was clipped: beyond the bound the value goes on growing like z, or
            z = np.clip(z, -500, 500)
            return np.log1p(np.exp(z)), 1 / (1 + np.exp(-z))
    """,
    "adam_step": """
        v sums the squares: it averages them, the new one enters with weight
            (1 - beta2) * grad**2 -> grad**2
        the correction of v lacks its power: divide by `1 - beta2**t`
            beta2**t -> beta2
        the corrected v is returned: return v as it was before the correction
            v_hat = v / (1 - beta2**t) -> v = v_hat = v / (1 - beta2**t)
        the root is missing, and so is eps: divide by `sqrt(v_hat) + eps`
            (np.sqrt(v_hat) + eps) -> v_hat
        m is not corrected, and eps stands inside the root: divide m by `1 -
            m / (1 - beta1**t) -> m
            (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
        t is counted from 1: the powers are `beta**t`, not `beta**(t - 1)`
            beta1**t -> beta1 ** (t - 1)
            beta2**t -> beta2 ** (t - 1)
        the betas are multiplied by t: they are raised to its power, `beta**t`
            beta1**t -> beta1 * t
            beta2**t -> beta2 * t
        the step uses the old m: update it first
            m = beta1 * m + (1 - beta1) * grad -> new_m = beta1 * m + (1 - beta1) * grad
            m, v -> new_m, v
        the corrected m is returned: return m as it was before the correction
            m_hat = m / (1 - beta1**t) -> m = m_hat = m / (1 - beta1**t)
        the learning rate is divided by the root of t, too: here it is `lr`
            lr * m_hat -> lr / np.sqrt(t) * m_hat
        v sums the squares, and the bias is not corrected: v averages them
            (1 - beta2) * grad**2 -> grad**2
            m / (1 - beta1**t) -> m
            v / (1 - beta2**t) -> v
        the averages have each other's decay, the corrections have their own
            m = beta1 * m + (1 - beta1) * grad -> m = beta2 * m + (1 - beta2) * grad
            v = beta2 * v + (1 - beta2) * grad**2 -> v = beta1 * v + (1 - beta1) * grad**2
        the betas are multiplied by t: they are raised to its power, `beta**t`
            m = m * beta1 + grad * (1 - beta1)
            v = v * beta2 + grad * grad * (1 - beta2)
            return theta - lr * m / (1 - beta1 * t) / (np.sqrt(v / (1 - beta2 * t)) + eps), m, v
    """,
    "momentum_step": """
        the learning rate is inside the velocity: here it stays outside
            return theta - lr * grad + mu * velocity, mu * velocity - lr * grad
        the velocity is averaged, and the learning rate is inside it: here
            velocity = mu * velocity + (1 - mu) * lr * grad
            return theta - velocity, velocity
        two conventions are mixed: with `mu * velocity + lr * grad`, where
            velocity = velocity * mu + lr * grad
            return theta + velocity, velocity
        theta is right, and the velocity that is returned lacks the new
            return theta - lr * (grad + mu * velocity), mu * velocity
        the step takes the old velocity without `lr`: it is `lr * (mu *
            return theta - lr * grad - mu * velocity, mu * velocity + grad
    """,
    "nesterov_step": """
        the learning rate is inside the velocity: here it stays outside, `mu
            ahead = theta + mu * velocity
            velocity = mu * velocity - lr * gradient(ahead)
            return theta + velocity, velocity
        the gradient is taken at `theta`, and the learning rate is inside the
            velocity = mu * velocity - lr * gradient(theta)
            return theta + velocity, velocity
        the momentum is made twice, once to look ahead and once more after
            v2 = mu * velocity + gradient(theta)
            v2 = mu * v2 + gradient(theta - lr * v2)
            return theta - lr * v2, v2
        the look-ahead point lacks `lr`: velocity is a sum of gradients, the
            theta - lr * mu * velocity -> theta - mu * velocity
    """,
    "rmsprop_step": """
        the gradient is averaged, not its square
            v = rho * v + (1 - rho) * grad
            return theta - lr * grad / np.sqrt(v + eps), v
        the average is divided by 1 - rho, as if to correct it: RMSProp takes
            np.sqrt(v) + eps -> np.sqrt(v / (1 - rho)) + eps
        the weights have changed places and eps stands inside the root: `rho`
            v = (1 - rho) * v + rho * grad**2
            return theta - lr * grad / np.sqrt(v + eps), v
    """,
    "adagrad_step": """
        one sum for the whole array: each parameter has a sum of its own, so
            s + grad**2 -> s + np.sum(grad**2)
        the root is returned for `s`: keep the sum of the squares
            s = np.sqrt(s + grad**2)
            return theta - lr * grad / (s + eps), s
        eps is outside the fraction: without parentheses, `/ np.sqrt(s) +
            (np.sqrt(s) + eps) -> np.sqrt(s) + eps
        the gradients are summed, not their squares: `s + grad**2`
            s + grad**2 -> s + grad
    """,
    "schedule": """
        "inverse" falls like an exponential: 1 / rate goes along a straight
            1 / (1 / before + (1 / end - 1 / before) * f) -> before * (end / before) ** f
        the base is e in "exponential": the factor of the whole phase is end
            before * (end / before) ** f -> np.exp(-f) * before
        the wave hangs below `end`: it stands on it
            end + (before - end) * (1 -> end - (before - end) * (1
        the angle is in degrees: NumPy's cosine takes radians, from 0 to pi
            np.pi * f -> f * 180
        the first step of each phase still has the rate before it: its k-th
            np.arange(1, n_steps + 1) / n_steps -> np.arange(0, n_steps) / n_steps
        a phase of no steps is passed over: the next one goes on from its
            f = np.arange(1, n_steps + 1) / n_steps -> f = np.arange(1, n_steps + 1) / max(n_steps, 1)
            [*rates, *part], end -> [*rates, *part], part[-1] if n_steps else before
    """,
    "momentum_path": """
        the learning rate is there twice now, inside the velocity and in the
            mu * velocity + gradient(theta) -> mu * velocity + gradient(theta) * lr
        the rate is outside now, and the sign has been left behind: a sum of
            mu * velocity + gradient(theta) -> mu * velocity - gradient(theta)
    """,
    "noise_floor": """
        this holds for small rates only: what is asked for is exact
            return lr * sigma**2 / ((1 - mu) * 2 * curvature)
        the covariance of two successive steps is left out: theta and its
            alpha = 1 - lr * curvature + mu
            return lr**2 * sigma**2 / (1 - alpha**2 - mu**2)
        this is the mean loss: the variance of theta is asked for
            return 0.5 * curvature * noise_floor(curvature, sigma, lr, mu)
    """,
    "longest_step": """
        all gradients are equal here: other sequences make longer steps
            return 1.0
        this is for one gradient after many zeros, without the correction
            return (1 - beta1) / (1 - beta2) ** 0.5
        this is the square of the length
            np.sqrt(np.sum(a**2 / b)) -> np.sum(a * a / b)
    """,
    "best_rates": """
        the variance at the start is left out: the less there is, the shorter
            return 1 / (curvature * np.arange(1, n_steps + 1))
        all steps have the rate that is best for the first: the variance falls
            return np.full(n_steps, curvature * variance / (curvature**2 * variance + sigma**2))
        `sigma` is the standard deviation of the noise: its square
            rates, v = [], variance
            for _ in range(n_steps):
                lr = curvature * v / (curvature**2 * v + sigma)
                v = (1 - lr * curvature) ** 2 * v + lr**2 * sigma**2
                rates.append(lr)
            return np.array(rates)
    """,
    "tree_predict": """
        a question that gains nothing was left out: the next one may
            def grown(x, y, x_new, depth):
                best, off = None, np.var(y) * len(y)
                for j in range(x.shape[1]) if depth else ():
                    values = np.unique(x[:, j])
                    for cut in (values[1:] + values[:-1]) / 2:
                        up = x[:, j] > cut
                        now = np.var(y[up]) * up.sum() + np.var(y[~up]) * (~up).sum()
                        if now < off:
                            best, off = (j, cut), now
                if best is None:
                    return np.full(len(x_new), y.mean())
                j, cut = best
                up = x[:, j] > cut
                low = grown(x[~up], y[~up], x_new, depth - 1)
                high = grown(x[up], y[up], x_new, depth - 1)
                return np.where(x_new[:, j] > cut, high, low)
    """,
    "clip_by_global_norm": """
        each array is shortened by a length of its own: then the direction
            norm = np.sqrt(sum((grad**2).sum() for grad in grads))
            return [g * max_norm / max(max_norm, np.linalg.norm(g)) for g in grads], norm
        every entry is cut to max_norm: then the direction changes; multiply
            [grad * scale for grad in grads] -> [np.minimum(np.maximum(grad, -max_norm), max_norm) for grad in grads]
    """,
    "accumulated_gradient": """
        the gradients are added: this is as many times too long as there are
            return grads.sum(0)
    """,
    "weight_averages": """
        the weights do not add up to 1 at the beginning: an average that
            averages[t] = average / (1 - beta ** (t + 1)) -> averages[t] = average
        the average starts at the first point, which then counts for more
            averages, average = [], points[0]
            for point in points:
                average = beta * average + (1 - beta) * point
                averages.append(average)
            return np.array(averages)
    """,
    "reduce_on_plateau": """
        the threshold is subtracted: it is relative, a loss counts as better
            best * (1 - threshold) -> best - threshold
        the cut comes one epoch early: cut when the count is larger than
            bad > patience -> bad >= patience
        an improvement does not set the count of bad epochs back to 0
            best, bad = loss, 0 -> best = loss
        the cooldown is ignored: after a cut, `cooldown` epochs count none as
            if cooling > 0: -> if False:
        NOT NAMED
            best, bad = loss, 0 -> bad = 0
            bad += 1 -> bad += 1; best = loss
        the floor is ignored: the rate never falls below `min_lr`
            max(lr * factor, min_lr) -> lr * factor
        one rate is returned for all epochs, the last: return that of each
            rates.append(lr) -> pass
            lr, bad, cooling = max(lr * factor, min_lr), 0, cooldown -> lr, bad, cooling = max(lr * factor, min_lr), 0, cooldown
            return np.array(rates) -> return np.array([lr] * len(losses))
    """,
    "accuracy": """
        the highest score of each column was taken, the best example of a
            return np.mean(logits.argmax(axis=0)[labels] == np.arange(len(labels)))
        or
            axis=1 -> axis=0
        this is the number of right rows: divide it by the number of rows
            return (logits.argmax(axis=1) == labels).sum()
    """,
    "softmax_cross_entropy": """
        `max` or `sum` along the rows lacks `keepdims=True`: a vector of n
            e = np.exp(logits - np.max(logits, axis=1))
            p = e / e.sum(axis=1)
            n = len(labels)
            loss = -np.log(p[np.arange(n), labels]).mean()
            p[np.arange(n), labels] -= 1
            return loss, p / n
        exp of a large logit overflows: subtract the largest logit of each
            p = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
            n = len(labels)
            loss = -np.mean(np.log(p[np.arange(n), labels] + 1e-9))
            p[np.arange(n), labels] -= 1
            return loss, p / n
        the loss is a mean over n rows, so its gradient has 1 / n, too: grad
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            n = len(labels)
            loss = -np.log(p[np.arange(n), labels]).sum() / n
            p[np.arange(n), labels] -= 1
            return loss, p
        the loss is the sum over the rows: take the mean, as the gradient has
            loss = np.mean(log_sum - shifted[rows, labels]) -> loss = np.sum(log_sum - shifted[rows, labels])
        the sign in the exponent of the gradient is wrong: p is exp of the
            np.exp(shifted - log_sum[:, None]) -> np.exp(shifted + log_sum[:, None])
        the gradient is divided by n * k, all entries: the mean is over the n
            loss, grad / n -> loss, grad / logits.size
        `p[:, labels] -= 1` changes these columns in every row: each row has
            grad[rows, labels] -= 1 -> grad[:, labels] -= 1
    """,
    "affine_backward": """
        `w` enters dx transposed: the entry (r, i) of dx sums dz[r, j] * w[i
            dz @ w.T -> dz @ w
        or
            dz @ w.T, x.T @ dz -> dz @ w, x.T @ dz
        x is not transposed in dw: it is x.T @ dz
            x.T @ dz -> x @ dz
        dw is divided by n once more: the loss's division by n is in dz
            x.T @ dz, dz.sum(axis=0) -> x.T @ dz / len(x), dz.sum(axis=0)
        db has two axes: b is a vector, so leave out keepdims
            dz.sum(axis=0) -> dz.sum(axis=0, keepdims=True)
        db is summed along the wrong axis: one number is left for each unit
            axis=0 -> axis=1
        dx is missing: `return dx, dw, db`, the layer below needs it
            return np.zeros(x.shape), x.T @ dz, dz.sum(0)
    """,
    "network_gradient": """
        the ReLU's mask comes from the sign of z in the forward pass: here it
            da * (a > 0) -> da * (da > 0)
        the gradient goes back through the ReLU unchanged: where z was cut
            da * (a > 0) -> da
        the lists are the wrong way round: the first layer comes first, as in
            return loss, d_weights, d_biases -> return loss, d_weights[::-1], d_biases[::-1]
        the biases are missing on the way forward: z = a @ w + b in every
            np.maximum(entered[-1] @ w + b, 0) -> np.maximum(entered[-1] @ w, 0)
            entered[-1] @ weights[-1] + biases[-1] -> entered[-1] @ weights[-1]
        or
            np.maximum(entered[-1] @ w + b, 0) -> np.maximum(entered[-1] @ w, 0)
    """,
    "expression_gradient": """
        a gradient overwrites the one before: where a value is used twice, the
            grads[place] = grads[place] + part -> grads[place] = part
        each factor of a product gets itself: it gets the other one
            g * b, g * a -> g * a, g * b
        the row that is added to every row gets the mean over the rows: it
            g.sum(axis=0) -> g.mean(axis=0)
        the divisor's gradient lacks its minus
            -g * out / b -> g * out / b
        the gradient goes back through the ReLU unchanged: where its input was
            (g * (a > 0),) -> (g,)
        the gradient of logsumexp does not use what came back: multiply by it
            g[:, None] * np.exp(a - out[:, None]) -> np.exp(a - out[:, None])
        logsumexp overflows: take the largest entry of each row out before the
            out = top + np.log(np.exp(a - top[:, None]).sum(axis=1)) -> out = np.log(np.exp(a).sum(axis=1))
    """,
    "numerical_gradient": """
        the quotient was multiplied by h instead of divided: `/ 2 * h` needs
            / (2 * h) -> / 2 * h
        this is 0 everywhere: are the two points one array, changed twice?
            grad = np.zeros_like(x)
            for i in range(len(x)):
                plus = x
                minus = x
                plus[i] += h
                minus[i] -= h
                grad[i] = (f(plus) - f(minus)) / (2 * h)
            return grad
        a coordinate was moved and not put back, and the next ones are
            grad = np.zeros(len(x))
            x = x.copy()
            for i in range(len(x)):
                plus = x
                plus[i] += h
                minus = x.copy()
                minus[i] -= 2 * h
                grad[i] = (f(plus) - f(minus)) / (2 * h)
            return grad
        divide by 2 * h: from x - h to x + h it is two steps, so this is
            f(x - step)) / (2 * h) -> f(x - step)) / h
        the second point is x itself, not x - h: from x + h it is two steps
            grad = np.zeros(len(x))
            x = x.copy()
            for i in range(len(x)):
                x[i] += h
                up = f(x)
                x[i] -= h
                down = f(x)
                grad[i] = (up - down) / (2 * h)
            return grad
    """,
    "relative_error": """
        this divides by |a| + |b|, another convention, whose error is up to
            return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b)))
        the largest difference was divided by the largest entry: divide entry
            return np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max(), floor)
        the floor was added: it is the least that one divides by, a maximum
            np.maximum(np.maximum(np.abs(a), np.abs(b)), floor) -> np.maximum(np.abs(a), np.abs(b)) + floor
        this is the mean over the entries: one wrong entry counts, so take
            np.max(np.abs(a - b) / size) -> np.mean(np.abs(a - b) / size)
    """,
    "minibatches": """
        which examples a batch has is not random: they are those of the data
            rng.permutation(n) -> np.arange(n)
        or
            order = np.arange(n)
            batches = [order[s : s + batch_size] for s in range(0, n, batch_size)]
            for batch in batches:
                rng.shuffle(batch)
            return batches
        these numbers are drawn with replacement: in one epoch each example
            rng.permutation(n) -> rng.choice(n, n)
    """,
    "sigmoid": """
        the sign in the exponent is wrong, or the two cases have changed
            a = 1 / (1 + np.exp(z))
            return a, a * (1 - a)
        the slope overflows: exp(-z) / (1 + exp(-z))**2 is inf / inf for very
            a = 1 / (1 + np.exp(-z))
            return a, np.exp(-z) * a**2
        the slope is z * (1 - z): it is a * (1 - a), of the activation and
            return 1 / (1 + np.exp(-z)), z * (1 - z)
        the slope is 1 - z times a: it is a * (1 - a), with the activation in
            return 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-z)) * (1 - z)
    """,
    "leaky_relu": """
        `alpha` is ignored: 0.01 is only its default
            np.where(z > 0, 1.0, alpha) -> np.where(z > 0, 1.0, 0.01)
        the slope of the negative side is alpha, where `alpha * z` has it
            slope * z, slope -> np.maximum(alpha * z, z), np.where(z > 0, 1.0, 0.0)
        at z = 0 the slope is `alpha` here: 1 only where z > 0
            slope = np.ones(z.shape)
            slope[z < 0] = alpha
            return z * slope, slope
        the results are cut to whole numbers: an array made like `z` is whole
            a, slope = np.zeros_like(z), np.ones_like(z)
            a[z > 0], a[z <= 0] = z[z > 0], alpha * z[z <= 0]
            slope[z <= 0] = alpha
            return a, slope
    """,
    "elu": """
        masks multiply an overflow: exp(z) is infinite for large z, and inf *
            a = (z > 0) * z + (z <= 0) * alpha * (np.exp(z) - 1)
            return scale * a, scale * ((z > 0) + (z <= 0) * (a + alpha))
        the slope on the negative side lacks `alpha`: it multiplies the
            alpha * np.exp(below)) -> np.exp(below))
        `scale` is ignored: 1 is only its default, and it multiplies both
            scale * a, scale * slope -> a, slope
        the slope lacks the scale: it multiplies the derivative as it
            return scale * a, scale * slope -> return scale * a, slope
        the slope on the positive side is z, or the activation: it is
            np.where(z > 0, 1.0, alpha * np.exp(below)) -> np.where(z > 0, z, alpha * np.exp(below))
    """,
    "tanh": """
        this is the arc tangent: take np.tanh
            np.tanh(np.asarray(z, dtype=float)) -> np.arctan(z)
    """,
    "batchnorm_forward": """
        mean and variance are taken over the units of each example: that is
            mean = x.mean(axis=1, keepdims=True)
            var = x.var(axis=1, keepdims=True)
            xh = (x - mean) / np.sqrt(var + eps)
            return gamma * xh + beta, xh, mean, var
        eps stands outside the root, and the last result is a standard
            y = (x - x.mean(axis=0)) / (x.std(axis=0) + eps)
            return gamma * y + beta, y, x.mean(axis=0), x.std(axis=0)
        the variance is divided by n - 1: within the batch it is the biased
            x.var(axis=0) -> x.var(axis=0, ddof=1)
        this divides by the variance: divide by its root
            np.sqrt(var + eps) -> var
        beta is scaled, too: it is added after x_hat was multiplied by gamma
            return gamma * x_hat + beta -> return gamma * (x_hat + beta)
        var is a sum: the variance is the mean of (x - mean)**2, so divide by
            x.var(axis=0) -> ((x - x.mean(axis=0)) ** 2).sum(axis=0)
    """,
    "batchnorm_backward": """
        sums in place of means in dx: divide both by the number of examples
            np.mean(dy * x_hat, axis=0) -> np.sum(dy * x_hat, axis=0)
            dy.mean(axis=0) -> dy.sum(axis=0)
        eps is left out: add it to the variance, as on the way forward
            _root(var, eps) -> np.sqrt(var)
        mean and variance are treated as constants: that is right when
            (dy - dy.mean(axis=0) - x_hat * along) -> dy
        dx is missing: `return dx, dgamma, dbeta`, the layer below needs it
            return (dy * x_hat).sum(0), dy.sum(0)
    """,
    "update_running_statistics": """
        rho multiplies the new statistics, and `unbiased` is not looked at
            return (1 - rho) * running_mean + rho * mean, (1 - rho) * running_var + rho * var
        the variance is multiplied by n / (n - 1) even where `unbiased` is
            n / (n - 1) if unbiased else 1.0 -> n / (n - 1)
        the variance is multiplied by (n - 1) / n: the biased one is too
            n / (n - 1) if unbiased else 1.0 -> (n - 1) / n if unbiased else 1.0
        the mean is multiplied by n / (n - 1), too: a mean is not biased
            (1 - rho) * mean -> (1 - rho) * factor * mean
    """,
    "batchnorm_inference": """
        this is normalized by the batch's own mean and variance: when
            mean, var = x.mean(axis=0), x.var(axis=0)
            return gamma * (x - mean) / np.sqrt(var + eps) + beta
        the brackets are missing, around x and the running mean: subtract
            return gamma * x - running_mean / np.sqrt(running_var + eps) + beta
    """,
    "fold_batchnorm": """
        the rows of w were scaled: a unit is a column of w, so scale the
            scale = gamma / np.sqrt(running_var + eps)
            return (w.T * scale).T, (b - running_mean) * scale + beta
        the bias b of the layer is lost: it is normalized, too
            (b - running_mean) * scale + beta -> beta - running_mean * scale
        this divides by the running variance: divide by its root
            _root(running_var, eps, "running_var") -> (running_var + eps)
        the running mean is added to b: it is subtracted, (b - running_mean)
            (b - running_mean) -> (b + running_mean)
    """,
    "spatial_batchnorm_forward": """
        each image is normalized by itself: that is instance normalization;
            mean, var = x.mean(axis=(2, 3)), x.var(axis=(2, 3))
            xh = (x - mean[:, :, None, None]) / np.sqrt(var[:, :, None, None] + eps)
            return gamma[:, None, None] * xh + beta[:, None, None], mean, var
        each pixel has a mean and a variance of its own: a feature map has
            mean, var = x.mean(axis=0), x.var(axis=0)
            xh = (x - mean) / np.sqrt(var + eps)
            return gamma.reshape(1, -1, 1, 1) * xh + beta.reshape(1, -1, 1, 1), mean, var
        mean and var have four axes: return vectors of shape (c,)
            mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
            return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None], mean, var
        the variances of the single images were averaged: the images differ
            x.var(axis=(0, 2, 3)) -> x.var(axis=(2, 3)).mean(axis=0)
    """,
    "dropout_forward": """
        a share `p` is kept, and nothing is scaled: `p` is the ratio dropped
            mask = rng.random(x.shape) < p
            return x * mask, mask
        the scale is in the result but not in the mask, which the backward
            mask = (rng.random(x.shape) > p).astype(float)
            return x * mask / (1 - p), mask
        normal numbers were drawn, so that another share than `p` is dropped
            mask = (rng.standard_normal(x.shape) > p) / (1 - p)
            return x * mask, mask
        the same units are dropped for all examples: the mask has the shape
            mask = (rng.random(x.shape[-1]) >= p) / (1 - p)
            return x * mask, np.broadcast_to(mask, x.shape).copy()
        the numbers do not come from the generator `rng`
            mask = (np.random.default_rng().random(x.shape) >= p) / (1 - p)
            return x * mask, mask
        the kept entries are multiplied by 1 - p: they are DIVIDED by it, so
            / (1 - p) -> * (1 - p)
    """,
    "stochastic_depth_forward": """
        `survival` is taken for the probability of being dropped in training
            < survival -> > survival
        at test time the branch is not scaled: multiply it by its probability
            x + survival * residual -> x + residual
        the branch is divided by survival in training: here it is scaled at
            x + kept * residual -> x + kept * residual / survival
            x + survival * residual -> x + residual
        in training the shortcut is dropped, too: x always passes, only the
            x + kept * residual -> kept * (x + residual)
        each entry is dropped by itself, which is dropout: an example keeps
            (len(x), 1) -> x.shape
    """,
    "random_flip": """
        images are turned upside down: left to right is the last axis
            images[:, :, :, ::-1] -> images[:, :, ::-1, :]
        one toss decides for all images: toss once for each image
            if rng.random() < p:
                return np.flip(images, axis=3)
            return images.copy()
        `p` is the probability of being mirrored, not of staying as it is
            < p -> > p
    """,
    "random_crop": """
        one place for all images: draw a place for each
            r, c = rng.integers(0, images.shape[2] - size + 1), rng.integers(0, images.shape[3] - size + 1)
            return images[:, :, r : r + size, c : c + size]
        only the columns are drawn: the rows, too
            rows = rng.integers(0, h - size + 1, size=n) -> rows = np.zeros(n, int)
        NOT NAMED
            columns = rng.integers(0, w - size + 1, size=n) -> columns = rows
    """,
    "max_pool_regions": """
        rows and columns are exchanged: rows are the third axis of the
            images[:, :, top:bottom, left:right] -> images[:, :, left:right, top:bottom]
        the regions end one pixel too late: the end is the first pixel that
            top:bottom, left:right -> top:bottom + 1, left:right + 1
        rows and columns are exchanged: rows are the third axis of the images
            pooled = np.zeros((*images.shape[:2], len(rows), len(columns)))
            for i in range(len(rows)):
                for j in range(len(columns)):
                    (a, b), (c, d) = columns[j], rows[i]
                    pooled[..., i, j] = images[:, :, a:b, c:d].max(axis=(2, 3))
            return pooled
        the axes of the regions come first: the result has the axes
            return np.stack([np.stack([images[:, :, a:b, c:d].max((2, 3)) for c, d in columns]) for a, b in rows])
    """,
    "l2_penalty": """
        the biases are penalised, too: only where `is_weight` is true
            return 0.5 * lam * np.sum(theta**2), lam * theta
        another convention: this is `lam` times the sum of squares, with a
            return lam * np.sum(theta[is_weight] ** 2), 2 * lam * theta * is_weight
        the penalty takes the norm itself, and the biases are penalised, too
            return lam / 2 * np.sqrt(np.sum(theta**2)), lam * theta
        the gradient is right, and the penalty takes the norm itself: it is the
            weights = theta[is_weight]
            return lam * np.sqrt(weights @ weights), lam * np.where(is_weight, theta, 0)
    """,
    "ridge": """
        the intercept is penalised, too: subtract the means first, or leave
            xb = np.hstack([np.ones((len(x), 1)), x])
            w = np.linalg.solve(xb.T @ xb + lam * np.eye(xb.shape[1]), xb.T @ y)
            return w[1:], w[0]
        another convention: this minimises the MEAN of the squares plus the
            lam * np.eye -> lam * len(x) * np.eye
    """,
    "soft_threshold": """
        entries above the threshold stay as they are: that is the hard
            return np.where(np.abs(z) > threshold, z, 0)
        negative entries move down, away from zero: below -threshold add the
            return np.where(z > threshold, z - threshold, np.where(z < -threshold, z - threshold, 0))
    """,
    "elastic_net_prox": """
        the L2 part is a gradient step, times 1 - lr * l2: the exact
            / (1 + lr * l2) -> * (1 - lr * l2)
        first divided, then thresholded: the threshold comes first, the
            return np.sign(z) * np.maximum(np.abs(z / (1 + lr * l2)) - lr * l1, 0)
        the learning rate is missing in the divisor: it is 1 + lr * l2
            (1 + lr * l2) -> (1 + l2)
    """,
    "adamw_step": """
        the decay went into the gradient: that is Adam with an L2 penalty
            grad = grad + weight_decay * theta
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
        the averages are multiplied by `1 - beta**t`: divide by it, it is
            m / (1 - beta1**t) -> m * (1 - beta1**t)
            v / (1 - beta2**t) -> v * (1 - beta2**t)
        `eps` is inside the root: here it is added to the root
            (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
        the bias is not corrected, and the decay lacks the learning rate
            m / (1 - beta1**t) -> m
            v / (1 - beta2**t) -> v
            lr * weight_decay -> weight_decay
    """,
    "early_stopping": """
        each epoch is compared with the one before it: compare it with the
            losses[best] - min_delta -> losses[epoch - 1] - min_delta
        where training never stops, the last epoch is n - 1: epochs are
            return len(losses) - 1, best -> return len(losses), best
        the epoch after the end is returned: training stops at the end of the
            return epoch, best -> return epoch + 1, best
        `min_delta` is not used: a smaller improvement than that is none
            best, wait = 0, 0
            for epoch in range(1, len(losses)):
                wait += 1
                if losses[epoch] < losses[best]:
                    best, wait = epoch, 0
                elif wait >= patience:
                    return epoch, best
            return len(losses) - 1, best
    """,
    "decompose_mse": """
        the noise is `noise_sd` here: its variance, the square, is what adds
            noise_sd**2, bias2 + spread + noise_sd**2 -> noise_sd, bias2 + spread + noise_sd
        standard deviations were averaged: average the variances
            predictions.var(axis=0).mean() -> predictions.std(axis=0).mean()
        the total lacks the noise: the error is measured against new targets
            bias2 + spread + noise_sd**2 -> bias2 + spread
        a root was taken of the total: the expected SQUARED error is wanted
            bias2 + spread + noise_sd**2 -> np.sqrt(bias2 + spread + noise_sd**2)
        the variance is divided by K - 1: divided by K, the parts add up
            predictions.var(axis=0) -> predictions.var(axis=0, ddof=1)
        the bias is a sum over the points: average it
            truth) ** 2).mean() -> truth) ** 2).sum()
    """,
    "unbiased_bias_squared": """
        the variance of the average was added: the plain estimate is too
            plain - predictions -> plain + predictions
        the variance was divided by K and again by K: its first divisor is K
            ddof=1 -> ddof=0
        the variance of one model was subtracted: that of an average of K
            predictions.var(axis=0, ddof=1) / count -> predictions.var(axis=0, ddof=1)
        negative values were cut off: without them the estimate is too large
            return np.maximum((predictions.mean(axis=0) - truth) ** 2 - predictions.var(axis=0, ddof=1) / len(predictions), 0)
    """,
    "exact_decomposition": """
        the noise is not squared: the variance is `noise_sd**2` times the sum
            noise_sd**2 * np.sum -> noise_sd * np.sum
        the sum runs over the points: each row of the smoother holds the
            axis=1 -> axis=0
        the sum of the weights was squared: that would be one noise shared by
            np.sum(smoother**2, axis=1) -> np.sum(smoother, axis=1) ** 2
    """,
    "leave_one_out": """
        these are the errors of the fit to all targets: each of them is in its
            return y - smoother @ y
        one divisor was taken for all, with the mean of the diagonal: that is
            1 - np.diag(smoother) -> 1 - np.trace(smoother) / smoother.shape[0]
        the weight of the target itself was set to zero: the others' weights
            others = smoother.copy()
            np.fill_diagonal(others, 0.0)
            return y - others @ y
    """,
    "penalty_for": """
        the constant is not counted: it is a degree of freedom as well
            1 + np.sum(squares / (squares + middle)) -> np.sum(squares / (squares + middle))
            squares.sum() / (freedom - 1) -> 1e6 * squares.sum()
        the columns were not centred: the free constant takes their means
            features[:, 1:] - features[:, 1:].mean(axis=0) -> features[:, 1:]
        the singular values are not squared
            [: p - 1] ** 2 -> [: p - 1]
    """,
    "variance_parts": """
        the variance of the start is subtracted whole: the average of S starts
            spread - by_start / outputs.shape[1] -> spread - by_start
        both variances have the divisor of a mean: they are too small on
            by_start = np.mean(np.var(outputs, axis=1))
            return np.mean(np.var(outputs.mean(axis=1), axis=0)) - by_start / outputs.shape[1], by_start
        data and start have changed places: the first axis counts the data
            by_start = outputs.var(axis=0, ddof=1).mean()
            return outputs.mean(axis=0).var(axis=0, ddof=1).mean() - by_start / len(outputs), by_start
    """,
    "expected_training_error": """
        this is the sum over the targets: divide by their number
            return total / len(truth) -> return total
        the trace of I - S was taken: that is right for a projection alone;
            np.sum(rest**2) -> np.trace(rest)
        the smoother itself was taken in place of I - S: the error is what
            rest = np.eye(len(truth)) - smoother -> rest = smoother
    """,
    "majority_vote": """
        class numbers are names: their mean means nothing, count the votes
            return np.mean(votes, axis=0).round()
    """,
    "out_of_bag_average": """
        the models that saw the example were averaged: take the others
            return np.array([np.mean(predictions[[i in r for r in rows], i]) for i in range(predictions.shape[1])])
        all models were averaged: leave out those that saw the example in
            return predictions.mean(axis=0)
        divided by the number of all models: divide by that of the models
            np.sum(predictions * unseen, axis=0) / np.sum(unseen, axis=0) -> np.sum(predictions * unseen, axis=0) / len(rows)
    """,
    "adaboost": """
        alpha is *half* the logarithm of (1 - e) / e, in the vote and in the
            / 2 -> / 1
        the weights of the examples that are *right* grow: the exponent is
            -alpha * y -> alpha * y
        with log(e / (1 - e)) / 2 votes and weights go the wrong way: the
            (1 - error) / error -> error / (1 - error)
        the weights were not divided by their sum, so that they are no shares
            weights = weights / np.sum(weights) -> pass
        the weights never change, so that every round is the first: examples
            weights = weights * np.exp(-alpha * y * candidates[best]) -> pass
        the candidate with the LARGEST weighted error was chosen: take the
            np.argmin -> np.argmax
        the weighted error is the *sum* of the weights of the wrong ones, not
            np.sum(weights * (candidates != y), axis=1) -> np.mean(weights * (candidates != y), axis=1)
    """,
    "snapshot_schedule": """
        the length of a cycle was rounded down: round it up, so that there
            -(-n_steps // n_cycles) -> n_steps // n_cycles
        without `step` modulo the cycle's length the rate climbs in every
            step % length -> step
        the place within the cycle is divided by the steps of the whole
            step % length) / length -> step % length) / n_steps
        the rate starts at 2 * lr: halve it, since 1 + cos is 2 at the
            lr / 2 -> lr
    """,
    "polyak_average": """
        the new point counts 1 / (t + 1): t counts the points with the new one
            (theta - average) / t -> (theta - average) / (t + 1)
        or
            return (average * t + theta) / (t + 1)
        fixed weights make an exponential average, which forgets old points
            return 0.99 * average + 0.01 * theta
    """,
    "fit_stump": """
        every example counts the same: the error is the sum of the *weights*
            wrong = np.sum(weights[(x[:, feature] > threshold) != (y > 0)]) -> wrong = np.mean((x[:, feature] > threshold) != (y > 0))
            np.sum(weights) - wrong -> 1 - wrong
        the threshold is one of the values: put it half-way between two
            (values[:-1] + values[1:]) / 2 -> values
        only stumps that answer 1 above the threshold were tried: try both
            ((1, wrong), (-1, np.sum(weights) - wrong)) -> ((1, wrong),)
    """,
    "fold_errors": """
        it was divided by the variance: divide by its root, the standard
            std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std) -> std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std**2)
        the rows of the fold, training and held together, give the statistics
            mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> both = np.vstack([x[train], x[held]]); mean, std = both.mean(axis=0), both.std(axis=0)
            np.ptp(x[train], axis=0) -> std
        the mean of the targets is not added to the predictions
            np.mean((middle + z_held @ weights - y[held]) ** 2) -> ((z_held @ weights - y[held]) ** 2).mean()
    """,
    "successive_halving": """
        places among those that are left were taken for the numbers of trials
            epochs, left, trained = np.zeros(len(losses), dtype=int), np.arange(len(losses)), first
            while True:
                epochs[left] = trained
                left = np.argsort(losses[left, trained - 1], kind="stable")
                if len(left) == 1 or trained * factor > losses.shape[1]:
                    return left[0], epochs
                left, trained = left[: max(1, len(left) // factor)], trained * factor
        the trials are ranked by their best loss so far: by the loss after the
            losses[left, trained - 1], kind -> np.min(losses[left, :trained], axis=1), kind
        the number of those that go on is rounded up: it is rounded down
            max(1, len(left) // factor) -> int(np.ceil(len(left) / factor))
        a trial that goes on was trained from the beginning again: its epochs
            epochs[left] = trained -> epochs[left] = epochs[left] + trained
    """,
    "one_standard_error": """
        this is the candidate of the lowest mean: asked is the simplest
            return int(np.argmin(errors.mean(axis=1)))
        the deviation has the divisor k: with few folds that is too small
            ddof=1 -> ddof=0
        the last candidate within the limit was taken: the simplest ones come
            np.argmax(means <= limit) -> np.nonzero(means <= limit)[0][-1]
    """,
    "trials_needed": """
        it was rounded down, or to the nearest: with one trial less the
            np.ceil -> np.floor
        the quotient is upside down: it is log(1 - confidence) / log(1 - top)
            np.log1p(-confidence) / np.log1p(-top) -> np.log1p(-top) / np.log1p(-confidence)
        NOT NAMED
            np.log1p(-confidence) / np.log1p(-top) -> np.log(confidence) / np.log(top)
    """,
    "newton_step": """
        the step goes uphill: solve H d = -grad and add d, or subtract H^(-1)
            theta - np.linalg -> theta + np.linalg
        the gradient is multiplied by the Hessian, and the damping left out
            return theta - hessian @ grad
        `damping` is ignored: add it to the diagonal of the Hessian
            return theta - np.linalg.inv(hessian) @ grad
        `hessian + damping` adds the number to every entry: only the diagonal
            damping * np.eye(len(theta)) -> damping
        only the diagonal of the Hessian is used: its other entries say how
            return theta - grad / (np.diag(hessian) + damping)
    """,
    "backtracking": """
        the sign of the slope is wrong: it is negative, so that the bound
            value + c1 * alpha * slope -> value - c1 * alpha * slope
        the bound lacks `alpha`: what the slope promises is in proportion to
            value, slope, alpha = f(theta), grad @ direction, initial
            while f(theta + alpha * direction) > value + c1 * slope and alpha > 1e-12:
                alpha *= shrink
            return alpha
        the whole slope is asked for: only the share `c1` of it must be kept
            c1 * alpha * slope -> alpha * slope
        the slope is taken as -grad @ grad: along `direction` it is grad @
            value + c1 * alpha * slope -> value - c1 * alpha * (grad @ grad)
    """,
    "wolfe_line_search": """
        a slope that is steep *upwards* is accepted: the strong condition is
            def phi(a):
                return f(theta + a * direction), gradient(theta + a * direction) @ direction
            value0, slope0 = phi(0.0)
            low, high, a = 0.0, np.inf, initial
            for _ in range(100):
                value, slope = phi(a)
                if value > value0 + c1 * a * slope0:
                    high = a
                elif slope < c2 * slope0:
                    low = a
                else:
                    return a
                a = 2 * a if high == np.inf else (low + high) / 2
            return a
    """,
    "conjugate_gradient": """
        every step goes along the residual, at right angles to the one
            d = r + rr / before * d -> d = r
        the new direction is r_new *plus* beta times the old one; besides
            x, r = np.zeros(len(b)), b.copy()
            d, points = r.copy(), [np.zeros(len(b))]
            for _ in range(n_steps):
                alpha = (r @ r) / (d @ a @ d)
                x = x + alpha * d
                new = r - alpha * a @ d
                d = new - (new @ new) / (r @ r) * d
                r = new
                points.append(x)
            return np.array(points)
        `alpha` is divided by r @ a @ r: the step is made along d, so it is d
            alpha = rr / (d @ ad) -> alpha = rr / (r @ a @ r)
        the new direction is made of the old residual: it is r_new plus
            x, r = np.zeros(len(b)), b.copy()
            d, points = r.copy(), [np.zeros(len(b))]
            for _ in range(n_steps):
                alpha = (r @ r) / (d @ a @ d)
                x = x + alpha * d
                new = r - alpha * a @ d
                d = r + (new @ new) / (r @ r) * d
                r = new
                points.append(x)
            return np.array(points)
        every row is the last x: `x += ...` changes the very array that was
            x, r = np.zeros(len(b)), b.copy()
            d, points = r.copy(), [x]
            for _ in range(n_steps):
                if r @ r > 0:
                    alpha = (r @ r) / (d @ a @ d)
                    x += alpha * d
                    new = r - alpha * a @ d
                    d = new + (new @ new) / (r @ r) * d
                    r = new
                points.append(x)
            return np.array(points)
        `beta` is upside down: it is (r_new @ r_new) / (r @ r), and falls as
            rr / before * d -> before / rr * d
        the residual shrinks: r_new = r *minus* alpha * (a @ d)
            r = r - alpha * ad -> r = r + alpha * ad
        `alpha` lacks the matrix: it is divided by the curvature along the
            rr / (d @ ad) -> rr / (d @ d)
    """,
    "polak_ribiere": """
        this is the formula of Fletcher and Reeves: here the new gradient is
            grad_new @ (grad_new - grad) -> grad_new @ grad_new
    """,
    "bfgs_update": """
        rho is 1 / (change @ step), not change @ step
            curvature = change @ step -> curvature = 1 / (change @ step)
        the matrix is multiplied by `step` where `change` is meant: the mixed
            hy = inverse @ change -> hy = inverse @ step
        where change @ step is negative the inverse must stay as it is: the
            not curvature > 0 -> curvature == 0
        one of the two mixed terms is added: both are subtracted
            - cross.T -> + cross.T
    """,
    "lbfgs_direction": """
        the second loop runs over the pairs from the newest to the oldest
            for s, y, sy in zip(steps, changes, curvatures, strict=True) -> for s, y, sy in zip(steps[::-1], changes[::-1], curvatures[::-1], strict=True)
        the sign is missing: the direction goes downhill, it is -M @ grad
            return -q -> return q
        between the loops q must be multiplied by (s @ y) / (y @ y) of the
            q *= curvatures[-1] / (changes[-1] @ changes[-1]) -> pass
        the scale is that of the oldest pair: take the newest, the last of
            q *= curvatures[-1] / (changes[-1] @ changes[-1]) -> q *= curvatures[0] / (changes[0] @ changes[0])
        the weights are used in the order in which they were made: the second
            weights.pop() -> weights.pop(0)
    """,
    "freeze_mask": """
        the mask is the wrong way round: 0 where a layer is frozen, 1 where
            [0.0] * frozen + [1.0] * (len(sizes) - frozen) -> [1.0] * frozen + [0.0] * (len(sizes) - frozen)
    """,
    "masked_step": """
        the mask is on theta: that sets the frozen parameters to zero instead
            return theta - lr * velocity, velocity -> return mask * (theta - lr * velocity), velocity
        the frozen parameters stay, but their velocity is kept: it must be 0
            velocity = mu * velocity + grad
            return theta - lr * velocity * mask, velocity
        the step ignores `lr`: it is `lr` times the velocity
            return theta - lr * velocity -> return theta - velocity
        the mask is on the gradient alone, and the velocity is averaged: mask
            velocity = mu * velocity + (1 - mu) * (grad * mask)
            return theta - velocity * lr, velocity
    """,
    "replace_head": """
        the variance is He's, 2 / n: the head has no ReLU behind it, so it is
            np.sqrt(1 / n) -> np.sqrt(2 / n)
        the variance of the weights was taken for their standard deviation
            np.sqrt(1 / n) -> 1 / n
        the biases of the new head are 1: they are zero
            np.zeros(n_classes) -> np.ones(n_classes)
    """,
    "forward_variance": """
        the outputs of each layer were counted: a pre-activation is a sum
            zip(widths, weight_variances, strict=False) -> zip(widths[1:], weight_variances, strict=False)
        the mean square after the activation is not used: every layer starts
            mean_square = gaussian_average( -> unused = gaussian_average(
        the variances of the weights were squared, as if they were standard
            fan_in * s * mean_square -> fan_in * s**2 * mean_square
        the activation itself was averaged: its square is asked
            activation(z) ** 2 -> activation(z)
    """,
    "gaussian_average": """
        the variance was taken for the standard deviation: z is
            np.sqrt(variance) * x -> variance * x
        the sum of the weights and values was divided by their number: divide
            / np.sum(weights) -> / len(x)
    """,
    "dead_units": """
        a unit that is off for one example is not dead: it must be off for
            np.all -> np.any
        the wrong axis: this says for each example whether all units are off
            axis=0 -> axis=1
        exactly 0 is off, too: nothing passes there, so compare with `z <= 0`
            z <= 0 -> z < 0
    """,
    "nesterov_shifted_step": """
        the gradient is counted once too often: the step is `grad + mu *
            (grad + mu * velocity) -> (grad + velocity)
        this is classical momentum: but the point that is shifted moves with
            return theta - lr * (grad + mu * velocity), mu * velocity + grad
    """,
    "batchnorm_backward_steps": """
        the power in dvar is wrong: the derivative of (var + eps)**(-1/2) is
            -0.5 / std**3 -> -0.5 / std
        the factor 2 of the square is missing in the path through the
            dvar * 2 * centred -> dvar * centred
        in dx the path through the variance is not divided by n: the variance
            dvar * 2 * centred / n -> dvar * 2 * centred
        the sign of dmean is wrong: the mean is subtracted, so its derivative
            dmean = -np.sum -> dmean = np.sum
        the variance is treated as the unbiased one, divided by n - 1: within
            dvar * 2 * centred / n -> dvar * 2 * centred / (n - 1)
    """,
    "pca_color_augment": """
        `np.linalg.eigh` sorts the eigenvalues from small to large: here the
            [::-1], vectors[:, ::-1] -> , vectors
        the shift has the factor lambda, the eigenvalue itself, not its root
            alphas * values -> alphas * np.sqrt(values)
        `reshape(-1, 3)` mixes the channels: the channel axis is the second
            images.transpose(0, 2, 3, 1).reshape(-1, 3) -> images.reshape(-1, 3)
    """,
    "smoother_matrix": """
        NOT NAMED
            return (features_new @ np.linalg.pinv(features)).T
        or
            return features @ np.linalg.pinv(features)
        the constant is penalised too: only theta[1:] is, so that the fit
            p = features.shape[1]
            return features_new @ np.linalg.solve(features.T @ features + penalty * np.eye(p), features.T)
        the penalty is ignored: this is least squares for every penalty
            return features_new @ np.linalg.pinv(features)
    """,
    "average_probabilities": """
        this is the class that wins: return the mean probabilities of all
            return np.argmax(probabilities.mean(axis=0), axis=1)
        the mean is over the examples: the first axis counts the models
            axis=0 -> axis=1
    """,
    "bagging_predict": """
        one polynomial was fitted to all the data: fit one to each sample
            return np.polynomial.Polynomial.fit(x, y, degree)(x_new)
        these are coefficients: return what the polynomials predict at
            fit(x[r], y[r], degree)(x_new) -> fit(x[r], y[r], degree).coef
    """,
    "discriminative_learning_rates": """
        multiplied by the factor: each layer below gets lr divided by it once
            lr / float(factor) -> lr * float(factor)
    """,
    "kfold_indices": """
        the rows were not shuffled: data are often in an order, by class or
            rng.permutation(n) -> np.arange(n)
        the training rows hold all n rows: those of the fold must be left
            np.concatenate(folds[:i] + folds[i + 1 :]) -> np.concatenate(folds)
    """,
    "train_validation_test_split": """
        the sizes were truncated: `int(0.9)` is 0, the nearest whole number
            round(validation * n), round(test * n) -> int(validation * n), int(test * n)
        validation and test part are exchanged: the results are train
            return rows[last:], rows[:n_validation], rows[n_validation:last] -> return rows[last:], rows[n_validation:last], rows[:n_validation]
    """,
    "random_search": """
        the numbers are uniform in their ranges: draw them log-uniformly, so
            return_trials = rng.uniform(low, high, (n_trials, len(low)))
            values = np.array([f(trial) for trial in return_trials])
            return return_trials, values, return_trials[values.argmin()]
        `best` is the smallest value: return the trial that has it, shape (d,)
            trials[np.argmin(values)] -> values.min()
    """,
    "backward_variance": """
        the list is the wrong way round: v_1 comes first, and v_L = 1 last
            return np.array(ratios[::-1]) -> return np.array(ratios)
        the inputs of each layer were counted: on the way back an entry is a
            widths[:1:-1], weight_variances[:0:-1] -> widths[-2:0:-1], weight_variances[:0:-1]
    """,
    "count_parameters": """
        biases are counted even where a layer has none: look at `bias`
            (k if bias else 0) -> k
        the first result is the total, or counts all four vectors of a
            trained += 2 * n -> trained += 4 * n
    """,
}

# Written by three who had not seen the known mistakes, three or more for each exercise.
BLIND = {
    "adam_step": """
        `beta1` and `beta2` are ignored: 0.9 and 0.999 are only their defaults
            m = 0.9 * m + 0.1 * grad
            v = 0.999 * v + 0.001 * grad**2
            return theta - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + eps), m, v
        only m is corrected: v needs it more, divide it by `1 - beta2**t`
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            m_hat = m / (1 - beta1**t)
            return theta - lr * m_hat / (np.sqrt(v) + eps), m, v
        v averages the squares of m: it averages the squares of the gradient
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * m**2
            return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
    """,
    "adam_path": """
        the step is right now, but made with the defaults of beta1, beta2 and
            m, v = np.zeros_like(theta), np.zeros_like(theta)
            pts = [theta]
            for t in range(1, n_steps + 1):
                theta, m, v = adam_step(theta, gradient(theta), m, v, t, lr)
                pts.append(theta)
            return np.array(pts)
        the averages begin anew in every step: they go on from step to step,
            pts = [theta]
            for t in range(1, n_steps + 1):
                theta, m, v = adam_step(theta, gradient(theta), np.zeros_like(theta), np.zeros_like(theta), t, lr, beta1, beta2, eps)
                pts.append(theta)
            return np.array(pts)
        the step is right now, but the start is missing from the points
            m, v = np.zeros_like(theta), np.zeros_like(theta)
            pts = []
            for t in range(1, n_steps + 1):
                theta, m, v = adam_step(theta, gradient(theta), m, v, t, lr, beta1, beta2, eps)
                pts.append(theta)
            return np.array(pts)
    """,
    "adamw_step": """
        the bias correction is missing: divide m by 1 - beta1**t and v by 1 -
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            return theta - lr * (m / (np.sqrt(v) + eps) + weight_decay * theta), m, v
        only m is corrected: divide v by `1 - beta2**t`, too
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            return theta - lr * ((m / (1 - beta1**t)) / (np.sqrt(v) + eps) + weight_decay * theta), m, v
        v averages the gradient: it averages its square
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad
            return theta - lr * ((m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) + weight_decay * theta), m, v
    """,
    "rmsprop_step": """
        the new square enters whole: its weight is `1 - rho`
            v = rho * v + grad**2
            return theta - lr * grad / (np.sqrt(v) + eps), v
        the root is missing: divide by `sqrt(v) + eps`
            v = rho * v + (1 - rho) * grad**2
            return theta - lr * grad / (v + eps), v
        eps stands inside the root, as in Keras: here it is outside, `sqrt(v) +
            v = rho * v + (1 - rho) * grad**2
            return theta - lr * grad / np.sqrt(v + eps), v
    """,
    "nesterov_step": """
        the learning rate is inside the velocity: here it stays outside, `mu *
            v = mu * velocity - lr * gradient(theta + mu * velocity)
            return theta + v, v
        the gradient is taken at `theta`: that is classical momentum;
            velocity = mu * velocity + gradient(theta)
            return theta - lr * velocity, velocity
        the look-ahead point lacks `lr`: velocity is a sum of gradients, the
            velocity = mu * velocity + gradient(theta - mu * velocity)
            return theta - lr * velocity, velocity
    """,
    "clip_by_global_norm": """
        a short gradient is made longer: it stays as it is
            norm = np.sqrt(sum((g**2).sum() for g in grads))
            return [g * max_norm / norm for g in grads], norm
        every entry is cut to max_norm: then the direction changes; multiply
            norm = np.sqrt(sum((g**2).sum() for g in grads))
            return [np.clip(g, -max_norm, max_norm) for g in grads], norm
        the lengths of the arrays are added: the squares of all entries are
            norm = sum(np.linalg.norm(g) for g in grads)
            scale = min(1, max_norm / norm)
            return [g * scale for g in grads], norm
    """,
    "schedule": """
        a whole wave goes by in "cosine", down and up again: half a wave is
            np.cos(np.pi * f) -> np.cos(2 * np.pi * f)
        every phase begins at `start`: it goes on from where the one before it
            rates, before = [*rates, *part], end -> rates = [*rates, *part]
        the 1 is missing in "cosine": cos runs from 1 to -1, and (1 + cos) / 2
            (before - end) * (1 + np.cos(np.pi * f)) / 2 -> (before - end) * np.cos(np.pi * f)
    """,
    "snapshot_schedule": """
        one cosine over the whole training: begin anew in every cycle, by
            return lr / 2 * (1 + np.cos(np.pi * step / n_steps))
        a cycle is a whole number of steps: round n_steps / n_cycles up
            length = n_steps / n_cycles
            return lr / 2 * (1 + np.cos(np.pi * (step % length) / length))
        the length of a cycle was rounded down: round it up, so that there are
            length = n_steps // n_cycles
            return lr / 2 * (1 + np.cos(np.pi * (step % length) / length))
    """,
    "reduce_on_plateau": """
        the cut comes one epoch early: cut when the count is larger than
            bad > patience -> bad >= patience
        the floor is ignored: the rate never falls below `min_lr`
            max(lr * factor, min_lr) -> lr * factor
        the threshold is subtracted: it is relative, a loss counts as better
            best * (1 - threshold) -> best - threshold
    """,
    "weight_averages": """
        the average starts at the first point, which then counts for more than
            out, a = [], points[0]
            for p in points:
                a = beta * a + (1 - beta) * p
                out.append(a)
            return np.array(out)
        the weights do not add up to 1 at the beginning: an average that starts
            out, a = [], np.zeros(points.shape[1])
            for p in points:
                a = beta * a + (1 - beta) * p
                out.append(a)
            return np.array(out)
        the power is one too small: row t has t + 1 points
            out, a = [], np.zeros(points.shape[1])
            for t, p in enumerate(points):
                a = beta * a + (1 - beta) * p
                out.append(a / (1 - beta**t))
            return np.array(out)
    """,
    "batchnorm_backward": """
        the averages run along the wrong axis: they run over the examples, one
            along = (dy * x_hat).mean(axis=1, keepdims=True)
            dx = gamma / np.sqrt(var + eps) * (dy - dy.mean(axis=1, keepdims=True) - x_hat * along)
            return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)
        in dx the path through the variance is divided by n - 1: the variance
            n = len(dy)
            dx = gamma / np.sqrt(var + eps) * (dy - dy.sum(axis=0) / n - x_hat * (dy * x_hat).sum(axis=0) / (n - 1))
            return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)
        mean and variance are treated as constants: that is right when
            return dy * gamma / np.sqrt(var + eps), (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    """,
    "layernorm_backward": """
        mean and variance are treated as constants: both depend on x, and two
            return dy * gamma / std, (dy * x_hat).sum(axis=tuple(range(dy.ndim - 1))), dy.sum(axis=tuple(range(dy.ndim - 1)))
        dgamma and dbeta are summed over the features: each feature has its
            grad = dy * gamma
            dx = (grad - grad.mean(axis=-1, keepdims=True) - x_hat * (grad * x_hat).mean(axis=-1, keepdims=True)) / std
            return dx, (dy * x_hat).sum(axis=-1), dy.sum(axis=-1)
        the path through the mean is missing in dx
            grad = dy * gamma
            dx = (grad - x_hat * (grad * x_hat).mean(axis=-1, keepdims=True)) / std
            return dx, (dy * x_hat).sum(axis=tuple(range(dy.ndim - 1))), dy.sum(axis=tuple(range(dy.ndim - 1)))
    """,
    "rmsnorm_backward": """
        the root mean square is treated as a constant: it depends on x, and a
            rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
            return dy * gamma / rms, (dy * x / rms).sum(axis=tuple(range(dy.ndim - 1)))
        the term has x in place of x divided by its root mean square
            rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
            g = dy * gamma
            return (g - x * (g * x).mean(axis=-1, keepdims=True)) / rms, (dy * x / rms).sum(axis=tuple(range(dy.ndim - 1)))
        gamma stands in front of the average: it differs between the numbers
            rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
            xh = x / rms
            return gamma * (dy - xh * (dy * xh).mean(axis=-1, keepdims=True)) / rms, (dy * xh).sum(axis=tuple(range(dy.ndim - 1)))
    """,
    "network_gradient": """
        the gradient goes back through the ReLU unchanged: where z was cut off
            dz = da * (a > 0) -> dz = da
        there is a ReLU on the logits, too: they may be negative
            acts = [x]
            for w, b in zip(weights, biases):
                acts.append(np.maximum(acts[-1] @ w + b, 0))
            loss, dz = softmax_cross_entropy(acts[-1], labels)
            dws, dbs = [], []
            for i in range(len(weights) - 1, -1, -1):
                dws.insert(0, acts[i].T @ dz)
                dbs.insert(0, dz.sum(axis=0))
                dz = (dz @ weights[i].T) * (acts[i] > 0)
            return loss, dws, dbs
        the lists are the wrong way round: the first layer comes first, as in
            acts = [x]
            for w, b in zip(weights[:-1], biases[:-1]):
                acts.append(np.maximum(acts[-1] @ w + b, 0))
            loss, dz = softmax_cross_entropy(acts[-1] @ weights[-1] + biases[-1], labels)
            dws, dbs = [], []
            for i in range(len(weights) - 1, -1, -1):
                dws.append(acts[i].T @ dz)
                dbs.append(dz.sum(axis=0))
                dz = (dz @ weights[i].T) * (acts[i] > 0)
            return loss, dws, dbs
    """,
    "dropout_gradient": """
        b1 is missing, or added behind the ReLU
            hidden = np.maximum(x @ w1 + b1, 0) -> hidden = np.maximum(x @ w1, 0) + b1
        the mask is on the way back alone: forward the outputs are multiplied
            logits = entering @ w2 + b2 -> logits = hidden @ w2 + b2
        the gradient of a bias is a mean: all examples share it, so that their
            back.sum(axis=0) -> back.mean(axis=0)
        the loss is a sum: it is the mean
            .mean() -> .sum()
    """,
    "mixup": """
        the larger share always goes to the example: it keeps what `shares`
            shares = np.maximum(shares, 1 - shares)
            s = shares.reshape(-1, *[1] * (x.ndim - 1))
            y = np.eye(n_classes)[labels]
            return s * x + (1 - s) * x[partners], shares[:, None] * y + (1 - shares[:, None]) * y[partners]
        the labels are not mixed: the partner's has a share, too
            s = shares.reshape(-1, *[1] * (x.ndim - 1))
            return s * x + (1 - s) * x[partners], np.eye(n_classes)[labels]
        all examples have one share: each has its own
            s = shares[0]
            y = np.eye(n_classes)[labels]
            return s * x + (1 - s) * x[partners], s * y + (1 - s) * y[partners]
    """,
    "smoothed_cross_entropy": """
        exp of a large logit overflows: subtract the largest logit of each row
            n, k = logits.shape
            t = (1 - eps) * np.eye(k)[labels] + eps / k
            p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            return -(t * np.log(p)).sum() / n, (p - t) / n
        one maximum is subtracted from all rows: those far below it lose
            n, k = logits.shape
            t = (1 - eps) * np.eye(k)[labels] + eps / k
            p = np.exp(logits - logits.max())
            p = p / p.sum(axis=1, keepdims=True)
            return -(t * np.log(p)).sum() / n, (p - t) / n
        the softmax is safe, but its logarithm is not: where p underflows to 0
            n, k = logits.shape
            t = (1 - eps) * np.eye(k)[labels] + eps / k
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            return -(t * np.log(p)).sum() / n, (p - t) / n
    """,
    "successive_halving": """
        a trial that goes on was trained from the beginning again: its epochs
            epochs[left] = trained -> epochs[left] += trained
        the last round is left out: it may need as many epochs as there are
            trained * factor > most -> trained * factor >= most
        the number of those that go on is rounded up: it is rounded down
            max(1, len(left) // factor) -> max(1, -(-len(left) // factor))
    """,
    "kfold_indices": """
        every k-th row was taken: that is spread evenly, but not at random, and
            rows = np.arange(n)
            return [(rows[rows % k != i], rows[rows % k == i]) for i in range(k)]
        the pairs are the wrong way round: first the rows to train, then those
            folds = np.array_split(rng.permutation(n), k)
            return [(f, np.concatenate([g for j, g in enumerate(folds) if j != i])) for i, f in enumerate(folds)]
        each fold was shuffled anew: some rows are validated twice and others
            out = []
            for i in range(k):
                folds = np.array_split(rng.permutation(n), k)
                out.append((np.concatenate(folds[:i] + folds[i + 1:]), folds[i]))
            return out
        these are masks of True and False: the numbers of the rows are asked for
            order = rng.permutation(n)
            folds = np.array_split(order, k)
            return [(~np.isin(np.arange(n), f), np.isin(np.arange(n), f)) for f in folds]
    """,
    "fold_errors": """
        the deviation has the divisor n - 1: here it is n, NumPy's default
            x[train].std(axis=0) -> x[train].std(axis=0, ddof=1)
        the errors are those on the training rows: judge by the held ones
            z_held @ weights - y[held] -> z @ weights - y[train]
        a column that does not vary among the training rows divides 0 by 0:
            std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std) -> pass
    """,
    "fit_stump": """
        the threshold is one of the values: put it half-way between two
            (values[:-1] + values[1:]) / 2 -> values
        the sign is the wrong way round: it is the answer *above* the threshold
            return best -> return best[0], best[1], -best[2], best[3]
        only stumps that answer 1 above the threshold were tried: try both signs
            ((1, wrong), (-1, np.sum(weights) - wrong)) -> ((1, wrong),)
    """,
    "adaboost": """
        the weights were not divided by their sum, so that they are no shares
            weights = weights / np.sum(weights) -> pass
        the candidate whose error is farthest from one half was chosen: take
            np.argmin(errors) -> np.argmax(np.abs(errors - 0.5))
        alpha is *half* the logarithm of (1 - e) / e, in the vote and in the
            np.log((1 - error) / error) / 2 -> np.log((1 - error) / error)
    """,
    "gradient_boost": """
        it starts at the median: the best constant for squared error is the mean
            np.mean(y) -> np.median(y)
        it starts at 0: the best constant for squared error is the mean
            start = np.mean(y) -> start = 0.0
        every round is fitted to the first residuals: subtract the prediction
            residuals = y - scores -> residuals = y - start
    """,
    "logistic_boost": """
        the factors are not divided by the number of examples
            candidates @ left / len(y) -> candidates @ left
        a candidate that is mostly wrong is never chosen: with a negative
            np.argmax(np.abs(factors)) -> np.argmax(factors)
        the residuals are those of the start in every round: the scores have
            scores = scores + steps[-1] * candidates[best] -> pass
    """,
    "tree_predict": """
        the absolute errors are added: take the split of least squared error
            def tree_predict(x, y, x_new, depth):
                best = None
                if depth > 0 and np.any(y != y[0]):
                    for j in range(x.shape[1]):
                        v = np.unique(x[:, j])
                        for c in (v[:-1] + v[1:]) / 2:
                            a = x[:, j] > c
                            s = abs(y[a] - np.median(y[a])).sum() + abs(y[~a] - np.median(y[~a])).sum()
                            if best is None or s < best[0] - 1e-12:
                                best = s, j, c
                if best is None:
                    return np.full(len(x_new), y.mean())
                _, j, c = best
                out = np.empty(len(x_new))
                a, b = x[:, j] > c, x_new[:, j] > c
                if b.any():
                    out[b] = tree_predict(x[a], y[a], x_new[b], depth - 1)
                if (~b).any():
                    out[~b] = tree_predict(x[~a], y[~a], x_new[~b], depth - 1)
                return out
    """,
    "best_temperature": """
        the exponentials of whole rows are 0, or not finite: either nothing is
            powers = np.exp(scaled - scaled.max(axis=1, keepdims=True)) -> powers = np.exp(scaled)
        temperatures above 10 were not tried: where the logits are large, so is
            low, high = -np.log(100), np.log(100) -> low, high = -np.log(10), np.log(10)
        the temperature is left at 1
            return 1.0
    """,
    "trust_region_step": """
        where the region is left, or the curvature negative, this goes along
            return step + (root - along) / (d @ d) * d -> return -radius * grad / np.linalg.norm(grad)
        where the region is left, or the curvature negative, this ends before
            return step + (root - along) / (d @ d) * d -> return step
        in the equation of the way to the edge d @ d is missing: the direction
            (root - along) / (d @ d) * d -> (root - along) * d
    """,
    "backtracking": """
        `initial` is ignored: it is the first length to be tried
            alpha = initial -> alpha = 1.0
        `shrink` is ignored: every refused length is multiplied by it
            alpha *= shrink -> alpha *= 0.5
        any fall is accepted, or nearly any: it must be the share `c1` of what
            value + c1 * alpha * slope -> value
    """,
    "conjugate_gradient": """
        where the residual is zero this divides 0 by 0: then there is nothing
            if rr > 0: -> if True:
        every step goes along the residual, at right angles to the one before:
            d = r + rr / before * d -> d = r
        `beta` is upside down: it is (r_new @ r_new) / (r @ r), and falls as
            rr / before * d -> before / rr * d
    """,
    "hessian_product": """
        the loss is a mean over the examples: divide by n
            / len(x) ->
        the penalty is missing: its gradient is penalty times W, which changes
            + penalty * direction ->
        the penalty multiplies W, as in the gradient: here it multiplies the
            penalty * direction -> penalty * weights
    """,
    "low_rank_gradients": """
        the gradients are divided by the number of inputs, or of outputs: they
            return scale * grad @ b.T / len(grad), scale * a.T @ grad / len(grad)
        the scale is missing: it multiplies the product, so it multiplies both
            return grad @ b.T, a.T @ grad
        the scale is missing in the gradient by b
            return scale * grad @ b.T, a.T @ grad
    """,
    "spectral_direction": """
        the direction is multiplied by the sum of the singular values: it may
            u, s, vt = np.linalg.svd(grad, full_matrices=False)
            k = s > 1e-6 * s[0]
            return -s.sum() * u[:, k] @ vt[k]
        this is the sign of each entry, the steepest direction where the
            return -np.sign(grad)
        this is the gradient divided by its length as a list of numbers: the
            return -grad / np.linalg.norm(grad)
    """,
    "early_stopping": """
        the best of all losses is taken, also of those after the end: when
            return epoch, best -> return epoch, int(np.argmin(losses))
        best is the epoch of the lowest loss: a loss lower by less than
            best, wait, ref = 0, 0, losses[0]
            for e in range(1, len(losses)):
                if losses[e] < losses[best]:
                    best = e
                if losses[e] < ref - min_delta:
                    ref, wait = losses[e], 0
                else:
                    wait += 1
                    if wait >= patience:
                        return e, best
            return len(losses) - 1, best
        it stops one epoch too late: at the end of the epoch that is `patience`
            epoch - best >= patience -> epoch - best > patience
    """,
    "polyak_average": """
        half of each: that forgets the older points by halves; the new one
            return (average + theta) / 2
        the brackets are missing: the whole of theta - average is divided by t
            return average * (1 - 1 / t) + theta
        old and new are exchanged: the new point counts 1 / t, the old mean (t
            return average / t + theta * (t - 1) / t
    """,
    "out_of_bag_average": """
        all models were averaged: leave out those that saw the example in
            return predictions.mean(axis=0)
        the models that saw the example were averaged: take the others
            seen = np.zeros(predictions.shape, dtype=bool)
            for m, r in enumerate(rows):
                seen[m, r] = True
            return (predictions * seen).sum(axis=0) / seen.sum(axis=0)
        divided by the number of all models: divide by that of the models that
            unseen = np.ones(predictions.shape, dtype=bool)
            for m, r in enumerate(rows):
                unseen[m, r] = False
            return (predictions * unseen).sum(axis=0) / len(predictions)
    """,
    "update_running_statistics": """
        the variance enters as it is, biased: with `unbiased` it is multiplied
            factor = n / (n - 1) if unbiased else 1.0 -> factor = 1.0
        the variance is multiplied by n / (n - 1) even where `unbiased` is False
            factor = n / (n - 1) if unbiased else 1.0 -> factor = n / (n - 1)
        the variance is multiplied by (n - 1) / n: the biased one is too small,
            factor = n / (n - 1) if unbiased else 1.0 -> factor = (n - 1) / n if unbiased else 1.0
    """,
    "groupnorm_forward": """
        the averages run over the images, too: each image is normalized by
            n, c, h, w = x.shape
            g = x.reshape(n, groups, c // groups, h, w)
            m, v = g.mean(axis=(0, 2, 3, 4), keepdims=True), g.var(axis=(0, 2, 3, 4), keepdims=True)
            y = ((g - m) / np.sqrt(v + eps)).reshape(x.shape)
            return gamma[:, None, None] * y + beta[:, None, None], np.tile(m.reshape(1, groups), (n, 1)), np.tile(v.reshape(1, groups), (n, 1))
        each map of each image has its own mean and variance: that is instance
            m, v = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
            return gamma[:, None, None] * (x - m) / np.sqrt(v + eps) + beta[:, None, None], m[:, :, 0, 0], v[:, :, 0, 0]
        eps stands outside the root: it is added to the variance, inside
            n, c, h, w = x.shape
            g = x.reshape(n, groups, -1)
            m, v = g.mean(axis=2, keepdims=True), g.var(axis=2, keepdims=True)
            y = ((g - m) / (np.sqrt(v) + eps)).reshape(x.shape)
            return gamma[:, None, None] * y + beta[:, None, None], m[:, :, 0], v[:, :, 0]
    """,
    "replay_rows": """
        the batch is drawn from all examples together: few are kept, so few
            return rng.integers(0, n_new + n_kept, size)
        the kept examples are numbered from 0, as the new ones are: they come
            k = round(size * share)
            return np.append(rng.integers(0, n_new, size - k), rng.integers(0, n_kept, k))
        `int` cuts off what rounding has left, and a row is missing: 0.29 * 100
            k = int(size * share)
            return np.append(rng.integers(0, n_new, size - k), n_new + rng.integers(0, n_kept, k))
    """,
    "max_norm": """
        each entry was cut at `c`: it is the norm of a unit's weights that has
            return np.clip(weights, -c, c)
        the whole matrix has one norm here: each unit has its own budget
            return weights * min(1, c / np.linalg.norm(weights))
        every unit was brought to the norm `c`: those within stay as they are
            return weights * c / np.linalg.norm(weights, axis=0)
    """,
    "expression_gradient": """
        the gradient of "logsumexp" lacks an exponential: each entry counts by
            g[:, None] * np.exp(a - out[:, None]) -> g[:, None] * (a - out[:, None])
        where a ReLU's input is exactly 0 its slope is 0: the mask is a > 0
            g * (a > 0) -> g * (a >= 0)
        each factor of a product gets itself: it gets the other one
            parts = g * b, g * a -> parts = g * a, g * b
    """,
    "softmax_cross_entropy": """
        the loss is taken of the probabilities after 1 was subtracted from them
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            n = len(labels)
            g = p
            g[np.arange(n), labels] -= 1
            return -np.log(np.abs(p[np.arange(n), labels])).mean(), g / n
        exp of a large logit overflows: subtract the largest logit of each row
            p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            n = len(labels)
            loss = -np.log(p[np.arange(n), labels]).mean()
            p[np.arange(n), labels] -= 1
            return loss, p / n
        one maximum was subtracted for all rows: each row needs its own, or a
            p = np.exp(logits - logits.max())
            p = p / p.sum(axis=1, keepdims=True)
            n = len(labels)
            loss = -np.log(p[np.arange(n), labels]).mean()
            p[np.arange(n), labels] -= 1
            return loss, p / n
    """,
    "decompose_mse": """
        the total lacks the noise: the error is measured against new targets,
            b = ((predictions.mean(axis=0) - truth) ** 2).mean()
            v = predictions.var(axis=0).mean()
            return b, v, noise_sd**2, b + v
        the bias is the mean of the squared distances of all models: that holds
            b = ((predictions - truth) ** 2).mean()
            v = predictions.var(axis=0).mean()
            return b, v, noise_sd**2, b + v + noise_sd**2
        the variance counts the shape of the function as spread: take the
            b = ((predictions.mean(axis=0) - truth) ** 2).mean()
            v = predictions.var()
            return b, v, noise_sd**2, b + v + noise_sd**2
    """,
    "leave_one_out": """
        these are the errors of the fit to all targets: each of them is in its
            return y - smoother @ y
        the 1 is missing in the divisor
            (1 - np.diag(smoother)) -> np.diag(smoother)
        the divisor is squared: so it is in the squared errors
            (1 - np.diag(smoother)) -> (1 - np.diag(smoother)) ** 2
    """,
    "unbiased_bias_squared": """
        the variance of the average was added: the plain estimate is too large,
            plain - predictions -> plain + predictions
        the variance was divided by K and again by K: its first divisor is K -
            predictions.var(axis=0, ddof=1) / count -> predictions.var(axis=0) / count
        the variance of one model was subtracted: that of an average of K
            predictions.var(axis=0, ddof=1) / count -> predictions.var(axis=0, ddof=1)
    """,
    "variance_parts": """
        it is divided by the number of data sets: the averages are over the
            by_start / outputs.shape[1] -> by_start / outputs.shape[0]
        the results have changed places: by_data first
            return spread - by_start / outputs.shape[1], by_start -> return by_start, spread - by_start / outputs.shape[1]
        the rest of the variance of all models was taken for the data's part:
            by_start = outputs.var(axis=1, ddof=1).mean()
            return outputs.var(axis=(0, 1), ddof=1).mean() - by_start, by_start
    """,
    "masked_norm": """
        the mean is still that of all steps, and the variance is about this
            mean = np.sum(x, axis=1, keepdims=True, where=real) / count -> mean = np.mean(x, axis=1, keepdims=True)
        this is layer normalization, of each step over its features: here each
            m = mask[:, :, None]
            mu = x.mean(axis=2, keepdims=True)
            v = x.var(axis=2, keepdims=True)
            return (x - mu) / np.sqrt(v + eps) * m
        the padding is set to 0 and then counted: divide the sums by the number
            x = x * mask[:, :, None]
            return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps) * mask[:, :, None]
    """,
    "fit_decay": """
        every trial is taken, and only the damping looks at the loss: theta
            if taken: -> if True:
        the gradient is twice too large: the loss is half the sum of the squares
            jacobian.T @ r) -> 2 * jacobian.T @ r)
        the derivative by b lacks the factor t, which the exponent brings out
            -theta[0] * t * fall -> -theta[0] * fall
    """,
    "trials_needed": """
        it was rounded down, or to the nearest: with one trial less the
            np.ceil -> np.round
        this is how many trials it takes on average, 1 / top: here a
            return int(np.ceil(1 / top))
        probabilities of hits were added, n * top: that can exceed 1, for two
            return int(np.ceil(confidence / top))
    """,
    "one_standard_error": """
        the limit is one standard deviation above: the standard error of a mean
            / np.sqrt(shape[1]) -> / 1
        the number of candidates was taken for the number of folds: rows are
            np.sqrt(shape[1]) -> np.sqrt(shape[0])
        this is the candidate of the lowest mean: asked is the simplest within
            return int(np.argmin(np.mean(errors, axis=1)))
    """,
    "forward_variance": """
        the activation stands before the first layer, too: it stands behind each
            variances = []
            for n, s in zip(widths, weight_variances):
                mean_square = gaussian_average(lambda z: activation(z) ** 2, mean_square)
                variances.append(n * s * mean_square)
            return np.array(variances)
        these are the mean squares m_l after the activations: the variances q_l
            out = []
            for n, s in zip(widths, weight_variances):
                mean_square = gaussian_average(lambda z: activation(z) ** 2, n * s * mean_square)
                out.append(mean_square)
            return np.array(out)
        `mean_square` is ignored: 1 is only its default
            variances = []
            q = 1.0
            for n, s in zip(widths, weight_variances):
                variances.append(n * s * q)
                q = gaussian_average(lambda z: activation(z) ** 2, variances[-1])
            return np.array(variances)
    """,
    "numerical_gradient": """
        divide by 2 * h: from x - h to x + h it is two steps, so this is twice
            / (2 * h) -> / h
        all coordinates were moved at once: move one at a time, and leave the
            return np.full(len(x), (f(x + h) - f(x - h)) / (2 * h))
        the coordinates before it are moved, too: begin for each with a step
            g, step = np.zeros(len(x)), np.zeros(len(x))
            for i in range(len(x)):
                step[i] = h
                g[i] = (f(x + step) - f(x - step)) / (2 * h)
            return g
    """,
    "ridge": """
        `lam` enters squared: it is added to the diagonal as it is
            lam * np.eye -> lam**2 * np.eye
        `lam` is added to every entry of the matrix: `+ lam` does that; it
            lam * np.eye(x.shape[1]) -> lam
        `lam` enters halved: the sum of squares has no half here, so its
            lam * np.eye(x.shape[1]) -> lam / 2 * np.eye(x.shape[1])
    """,
    "polak_ribiere": """
        this is the formula of Fletcher and Reeves: here the new gradient is
            return grad_new @ grad_new / (grad @ grad)
        a negative beta must be replaced by 0: then the search begins anew
            return float(grad_new @ (grad_new - grad) / (grad @ grad))
        the absolute value is taken: a negative beta becomes 0
            return abs(float(grad_new @ (grad_new - grad) / (grad @ grad)))
    """,
    "safe_direction": """
        the damping brings the smallest eigenvalue to 0.1: twice that
            0.1 - 2 * lowest -> 0.1 - lowest
        the damping has the wrong sign: it must make the eigenvalues larger
            0.1 - 2 * lowest -> 0.1 + 2 * lowest
        the determinant is no test: it is positive, too, where two eigenvalues
            lowest > 0 -> np.linalg.det(hessian) > 0
    """,
    "newton_step": """
        the step goes uphill: solve H d = -grad and add d, or subtract H^(-1)
            theta - np -> theta + np
        the damping is subtracted: it must make the eigenvalues larger
            hessian + damping -> hessian - damping
        `hessian + damping` adds the number to every entry: only the diagonal
            damping * np.eye(len(theta)) -> damping
    """,
    "bagging_predict": """
        only the first sample was used: fit one polynomial to each
            return np.polynomial.Polynomial.fit(x[rows[0]], y[rows[0]], degree)(x_new)
        only x was taken from the sample: y belongs to the same indices, y[row]
            return np.mean([np.polyval(np.polyfit(x[r], y, degree), x_new) for r in rows], axis=0)
        the mean is over the new points: average over the models, axis 0
            return np.mean([np.polyval(np.polyfit(x[r], y[r], degree), x_new) for r in rows], axis=1)
    """,
    "fractional_pooling_regions": """
        the regions do not begin at the first pixel: the edges are shifted so
            edges = edges - edges[0] -> pass
        the regions overlap by a pixel: the first one of the next is not in a
            [edges[:-1], edges[1:]] -> [edges[:-1], np.minimum(edges[1:] + 1, n)]
        the edges are rounded to the nearest: take the floor of both terms
            np.floor -> np.round
    """,
    "momentum_path": """
        the velocity begins anew in every step: it goes on from step to step
            out = [theta]
            for lr in rates:
                theta = theta - lr * gradient(theta)
                out.append(theta)
            return np.array(out)
        the step is right now, but the start is missing from the points
            v = np.zeros_like(theta)
            out = []
            for lr in rates:
                v = mu * v + gradient(theta)
                theta = theta - lr * v
                out.append(theta)
            return np.array(out)
        the argument `mu` is not used, only its default, 0.9
            v = np.zeros_like(theta)
            out = [theta]
            for lr in rates:
                theta, v = momentum_step(theta, gradient(theta), v, lr)
                out.append(theta)
            return np.array(out)
    """,
    "noise_floor": """
        this holds for small rates only: what is asked for is exact
            return lr * sigma**2 / (2 * curvature * (1 - mu))
        the momentum is ignored: this is the floor of SGD
            return lr * sigma**2 / (curvature * (2 - lr * curvature))
        this is SGD's floor at the rate lr / (1 - mu): momentum's comes near to
            lr = lr / (1 - mu)
            return lr * sigma**2 / (curvature * (2 - lr * curvature))
    """,
    "logistic_residuals": """
        this is y minus the probability, for labels 0 and 1: here they are -1
            return y - 1 / (1 + np.exp(-scores))
        the label is missing in front: the chain rule brings it out of the
            return 1 / (1 + np.exp(np.clip(y * scores, -500, 500)))
        this is the derivative: minus it is asked for, the way in which the
            return -y / (1 + np.exp(np.clip(y * scores, -500, 500)))
    """,
    "elu": """
        the larger of z and alpha * (exp(z) - 1) is the ELU only up to
            low = np.minimum(z, 0.0)
            return scale * np.maximum(z, alpha * np.expm1(low)), scale * np.where(z > 0, 1.0, alpha * np.exp(low))
        the slope on the negative side has the scale twice, in `a` and before
            a = scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))
            return a, scale * np.where(z > 0, 1.0, a + scale * alpha)
    """,
    "silu": """
        the value is cut to whole numbers: an array made like `z` is whole
            a = np.zeros_like(z)
            gate, rise = sigmoid(z)
            a[:] = z * gate
            return a, gate + z * rise
        z stands in the place of the gate: the gate's slope is gate * (1 - gate)
            gate, rise = sigmoid(z)
            return z * gate, gate + z * gate * (1 - z)
    """,
    "gelu": """
        the functions of `math` take one number at a time: go through
            from math import erf
            gate = 0.5 * (1 + erf(z / np.sqrt(2)))
            return z * gate, gate + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        erf was divided by 2 in its argument: it is z / sqrt(2)
            from math import erf
            gate = (1 + np.vectorize(erf, otypes=[float])(z / 2)) / 2
            return z * gate, gate + z * np.exp(-(np.clip(z, -40, 40) ** 2) / 2) / np.sqrt(2 * np.pi)
    """,
    "softplus": """
        for negative z the value is now about |z|, where it is small
            return np.maximum(0, z) + np.log1p(np.exp(-z)), 1 / (1 + np.exp(-z))
        the small values were set to 0: they are about exp(z)
            near = np.clip(z, -20, 20)
            value = np.where(z > 20, z, np.where(z < -20, 0, np.log1p(np.exp(near))))
            return value, 1 / (1 + np.exp(-np.clip(z, -500, 500)))
        the small slopes were set to 0, or cut off below: they are about exp(z)
            grown = np.exp(np.clip(z, -20, 20))
            return np.where(z > 20, z, np.log1p(np.exp(np.minimum(z, 20)))), grown / (1 + grown)
    """,
    "dead_units": """
        off for nearly all examples is not off for all
            return (z > 0).mean(axis=0) < 0.01
        True is here for the units that are on for all examples
            return np.all(np.maximum(z, 0) > 0, axis=0)
    """,
    "convergence_rate": """
        the rate is cut off at 1: above it says how fast the error grows
            return min(1.0, np.max(np.abs(1 - lr * eigenvalues)))
        the factors are averaged: the slowest direction decides, so take
            return np.abs(np.mean(1 - lr * eigenvalues))
        the factor 1 - lr * lambda may be negative, an overshoot: take its
            f = 1 - lr * eigenvalues
            return f[np.argmax(np.abs(f))]
        the eigenvalues come in any order: the first and the last need not
            return abs(1 - lr * eigenvalues[0])
    """,
    "descent_rates": """
        the angles go around the whole circle, so that the roots come in
            low, high = np.min(eigenvalues), np.max(eigenvalues)
            angles = np.pi * (2 * np.arange(n_steps) + 1) / n_steps
            return 2 / (high + low + (high - low) * np.cos(angles))
        the roots begin at one end of the spectrum and stop short
            low, high = np.min(eigenvalues), np.max(eigenvalues)
            angles = np.pi * np.arange(1, n_steps + 1) / n_steps
            return 2 / (high + low + (high - low) * np.cos(angles))
    """,
    "nesterov_shifted_step": """
        the gradient enters once in all here: it enters whole, and once more
            v = mu * velocity + grad
            return theta - lr * (grad + mu**2 * velocity), v
        the formula with `mu**2` means the OLD velocity: the step is `grad +
            v = mu * velocity + grad
            return theta - lr * (grad + mu**2 * v), v
        the velocity is averaged: here `grad` enters whole, not with
            v = mu * velocity + (1 - mu) * grad
            return theta - lr * ((1 - mu) * grad + mu * v), v
    """,
    "longest_step": """
        `beta1` and `beta2` are not used, only their defaults
            k = np.arange(t)
            a = 0.1 * 0.9**k / (1 - 0.9**t)
            b = 0.001 * 0.999**k / (1 - 0.999**t)
            return np.sqrt(np.sum(a**2 / b))
        this is the factor of the correction alone
            return np.sqrt(1 - beta2**t) / (1 - beta1**t)
        one gradient is missing: there are t, of ages 0 to t - 1
            np.arange(t) -> np.arange(t - 1)
    """,
    "best_rates": """
        the curvature is missing before the number of the step
            age = (sigma / curvature) ** 2 / variance
            return 1 / (curvature * (1 + age) + np.arange(n_steps))
    """,
    "accumulated_gradient": """
        the weighted gradients are averaged over the parts, and divided by
            return np.mean(grads * sizes[:, None], axis=0) / sizes.sum()
        the shares of the parts are cut to whole numbers, 0
            shares = np.zeros_like(sizes)
            for i in range(len(sizes)):
                shares[i] = sizes[i] / sizes.sum()
            return shares @ grads
    """,
    "backward_variance": """
        the first layer is left at 1: the loop ends one layer too early
            n = len(weight_variances)
            v = np.ones(n)
            for l in range(n - 2, 0, -1):
                v[l] = widths[l + 2] * weight_variances[l + 1] * gaussian_average(lambda z: slope(z) ** 2, variances[l]) * v[l + 1]
            return v
        each factor is halved besides: 1/2 is ReLU's share
            n = len(weight_variances)
            v = np.ones(n)
            for l in range(n - 2, -1, -1):
                v[l] = widths[l + 2] * weight_variances[l + 1] / 2 * gaussian_average(lambda z: slope(z) ** 2, variances[l]) * v[l + 1]
            return v
    """,
    "variance_scaling": """
        fan_avg is half of the mean: the 2 is there once
            (n_in + n_out) / 2 -> (n_in + n_out) / 4
        what lies beyond two standard deviations is drawn again
            fan = {"fan_in": n_in, "fan_out": n_out, "fan_avg": (n_in + n_out) / 2}[mode]
            s = gain / np.sqrt(fan)
            if distribution == "uniform":
                return rng.uniform(-np.sqrt(3) * s, np.sqrt(3) * s, (n_in, n_out))
            w = rng.normal(0, s, (n_in, n_out))
            far = np.abs(w) > 2 * s
            while far.any():
                w[far] = rng.normal(0, s, far.sum())
                far = np.abs(w) > 2 * s
            return w
    """,
    "distance_factor": """
        the mean square of the slope is 1/2 here whatever the activation is
            return fan_in * weight_variance * 0.5
        z multiplies the slope: it is d that the slope multiplies
            return fan_in * weight_variance * gaussian_average(lambda z: (z * slope(z)) ** 2, variance)
    """,
    "orthogonal_weights": """
        with more inputs than outputs, np.linalg.qr of the transpose gives
            q, _ = np.linalg.qr(rng.normal(size=(n_out, n_in)))
            return gain * q.T
        `reshape` writes the numbers in their order into another form
            q, _ = np.linalg.qr(rng.normal(size=(max(n_in, n_out), min(n_in, n_out))))
            return gain * q.reshape(n_in, n_out)
    """,
    "scale_layers": """
        the outputs of the activation are brought to the size 1, too
            scaled = []
            for w in weights:
                z = x @ w
                size = np.sqrt(np.mean(z**2))
                scaled.append(w / size)
                x = activation(z / size)
                x = x / np.sqrt(np.mean(x**2))
            return scaled
        each size is divided by that of the layer before: that holds for the
            sizes, h = [], x
            for w in weights:
                z = h @ w
                sizes.append(np.sqrt(np.mean(z**2)))
                h = activation(z)
            scaled = [weights[0] / sizes[0]]
            for w, size, before in zip(weights[1:], sizes[1:], sizes, strict=False):
                scaled.append(w * before / size)
            return scaled
    """,
    "batchnorm_forward": """
        the second result has gamma already: return x_hat before gamma
            mean, var = x.mean(axis=0), x.var(axis=0)
            x_hat = gamma * (x - mean) / np.sqrt(var + eps)
            return x_hat + beta, x_hat, mean, var
        eps is the least that the variance may be: it is added to it
            mean, var = x.mean(axis=0), x.var(axis=0)
            x_hat = (x - mean) / np.sqrt(np.maximum(var, eps))
            return gamma * x_hat + beta, x_hat, mean, var
    """,
    "batchnorm_backward_steps": """
        the first result is dx, too: return dx_hat, and make dx in an array
            n, s = len(x), np.sqrt(var + eps)
            dx_hat = dy * gamma
            dvar = (dx_hat * (x - mean)).sum(axis=0) * -0.5 / s**3
            dmean = -dx_hat.sum(axis=0) / s
            dx = dx_hat
            dx /= s
            dx += dvar * 2 * (x - mean) / n + dmean / n
            return dx_hat, dvar, dmean, dx
        dvar and dmean take dy, without gamma: they are made of dx_hat
            n, s = len(x), np.sqrt(var + eps)
            dx_hat = dy * gamma
            dvar = (dy * (x - mean)).sum(axis=0) * -0.5 / s**3
            dmean = -dy.sum(axis=0) / s
            return dx_hat, dvar, dmean, dx_hat / s + dvar * 2 * (x - mean) / n + dmean / n
        n was taken for the number of all entries: it is that of the rows
            n, centred, std = len(x), -> n, centred, std = x.size,
    """,
    "batchnorm_inference": """
        eps is not added: it belongs to the running variance, before the root
            return gamma * (x - running_mean) / np.sqrt(np.maximum(running_var, eps)) + beta
        gamma multiplies x alone: the running mean is subtracted before
            return (gamma * x - running_mean) / np.sqrt(running_var + eps) + beta
    """,
    "fold_batchnorm": """
        the weights are normalized as if they were inputs: mean and beta
            both = np.vstack([w, b])
            both = gamma * (both - running_mean) / np.sqrt(running_var + eps) + beta
            return both[:-1], both[-1]
        the running mean has a part of the scale only
            root = np.sqrt(running_var + eps)
            return w * gamma / root, gamma * b / root - running_mean / root + beta
    """,
    "spatial_batchnorm_forward": """
        `transpose(0, 2, 3, 1)` made twice is not undone
            n, c, h, w = x.shape
            y, _, mean, var = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, c), gamma, beta, eps)
            return y.reshape(n, h, w, c).transpose(0, 2, 3, 1), mean, var
        height and width have changed places: undo the moves of the axes
            n, c, h, w = x.shape
            y, _, mean, var = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, c), gamma, beta, eps)
            return y.reshape(n, h, w, c).transpose(0, 3, 2, 1), mean, var
        the feature maps were moved to the front, where a reshape to rows
            n, c, h, w = x.shape
            y, _, mean, var = batchnorm_forward(np.moveaxis(x, 1, 0).reshape(-1, c), gamma, beta, eps)
            return np.moveaxis(y.reshape(c, n, h, w), 0, 1), mean, var
    """,
    "count_parameters": """
        only the last normalization is kept: add up those of all
            trained = kept = 0
            for layer in layers:
                if layer[0] == "dense":
                    trained += layer[1] * layer[2] + layer[2] * layer[3]
                elif layer[0] == "batchnorm":
                    trained += 2 * layer[1]
                    kept = 2 * layer[1]
            return trained, kept
        only the first layer is counted: `return` stands inside the loop
            trained = kept = 0
            for layer in layers:
                if layer[0] == "dense":
                    trained += layer[1] * layer[2] + layer[2] * layer[3]
                elif layer[0] == "batchnorm":
                    trained += 2 * layer[1]
                    kept += 2 * layer[1]
                return trained, kept
    """,
    "minibatches": """
        the order of the batches is random at most: neighbours in the data
            order = np.arange(n)[::-1]
            return [order[i : i + batch_size] for i in range(0, n, batch_size)]
    """,
    "layernorm_forward": """
        the averages run over the examples: that is batch normalization;
            mu = x.mean(axis=0, keepdims=True)
            std = np.sqrt(x.var(axis=0, keepdims=True) + eps)
            x_hat = (x - mu) / std
            return gamma * x_hat + beta, x_hat, std
        eps stands outside the root: it is added to the variance, inside
            mu = x.mean(axis=-1, keepdims=True)
            std = x.std(axis=-1, keepdims=True) + eps
            x_hat = (x - mu) / std
            return gamma * x_hat + beta, x_hat, std
        the averages run along axis 1, which are the positions of a
            mu = np.mean(x, axis=1, keepdims=True)
            std = np.sqrt(np.var(x, axis=1, keepdims=True) + eps)
            x_hat = (x - mu) / std
            return gamma * x_hat + beta, x_hat, std
    """,
    "recalibrate": """
        the variances of the batches are taken for unbiased ones, times n - 1
            n = counts.sum()
            mean = counts @ means / n
            ss = (counts - 1) @ variances + counts @ (means - mean) ** 2
            return mean, ss / n
        the sum of squares is divided by the number of examples less that of
            n = counts.sum()
            mean = counts @ means / n
            ss = counts @ variances + counts @ (means - mean) ** 2
            return mean, ss / (n - len(counts))
        the batches count alike: a batch counts by the number of its
            return means.mean(axis=0), np.mean(variances + (means - means.mean(axis=0)) ** 2, axis=0)
    """,
    "equilibrium": """
        the square of the decay is neglected: it is small where lr * decay
            return np.sqrt(gradient * np.sqrt(lr / (2 * decay))), np.sqrt(2 * lr * decay)
        the length neglects the square of the decay: it is small where lr *
            return (lr * gradient**2 / (2 * decay)) ** 0.25, np.arccos(1 - lr * decay)
        the angle is that without the decay: the weights that the step is
            length = np.sqrt(lr * gradient / np.sqrt(lr * decay * (2 - lr * decay)))
            return length, np.arctan(lr * gradient / length**2)
    """,
    "smoother_matrix": """
        another coefficient than the constant's is left out of the penalty:
            n, p = features.shape
            P = np.eye(p)
            P[-1, -1] = 0
            return features_new @ np.linalg.solve(features.T @ features + penalty * P, features.T)
        the penalty is ignored: this is least squares for every penalty
            return features_new @ np.linalg.pinv(features)
        the matrix of the penalties is full of ones: only its diagonal is
            return features_new @ np.linalg.inv(features.T @ features + penalty) @ features.T
    """,
    "exact_decomposition": """
        the diagonal of the smoother was taken: that is right for a
            return (smoother @ truth - truth_new) ** 2, noise_sd**2 * np.diag(smoother)
        the noise is not squared: the variance is `noise_sd**2` times the
            return (smoother @ truth - truth_new) ** 2, noise_sd * (smoother**2).sum(axis=1)
        the sum of the weights was squared: that would be one noise shared
            return (smoother @ truth - truth_new) ** 2, noise_sd**2 * smoother.sum(axis=1) ** 2
    """,
    "expected_training_error": """
        the variance of the fit is subtracted: it is added, and the product
            n = len(truth)
            bias = np.mean((smoother @ truth - truth) ** 2)
            return bias + noise_sd**2 - noise_sd**2 * np.sum(smoother**2) / n
        this is the sum over the targets: divide by their number
            r = np.eye(len(truth)) - smoother
            return np.sum((r @ truth) ** 2) + noise_sd**2 * np.sum(r**2)
        this is squared bias plus variance, the distance from the truth: the
            n = len(truth)
            return np.mean((smoother @ truth - truth) ** 2) + noise_sd**2 * np.sum(smoother**2) / n
    """,
    "penalty_for": """
        the bound above which no penalty is looked for is a fixed number:
            x = features[:, 1:] - features[:, 1:].mean(axis=0)
            s = np.linalg.svd(x, compute_uv=False) ** 2
            lo, hi = 0.0, 1.0
            for _ in range(100):
                m = (lo + hi) / 2
                if 1 + np.sum(s / (s + m)) > freedom:
                    lo = m
                else:
                    hi = m
            return (lo + hi) / 2
        the interval is halved on the wrong side: where the degrees are too
            x = features[:, 1:] - features[:, 1:].mean(axis=0)
            s = np.linalg.svd(x, compute_uv=False) ** 2
            lo, hi = 0.0, 1e6
            for _ in range(300):
                m = (lo + hi) / 2
                if 1 + np.sum(s / (s + m)) > freedom:
                    hi = m
                else:
                    lo = m
            return (lo + hi) / 2
        the features were divided by their deviations: the penalty is one
            x = features[:, 1:] - features[:, 1:].mean(axis=0)
            x = x / x.std(axis=0)
            s = np.linalg.svd(x, compute_uv=False) ** 2
            lo, hi = 0.0, 1e12
            for _ in range(300):
                m = (lo + hi) / 2
                if 1 + np.sum(s / (s + m)) > freedom:
                    lo = m
                else:
                    hi = m
            return (lo + hi) / 2
    """,
    "l2_penalty": """
        the penalty counts the biases, the gradient does not: sum the
            return 0.5 * lam * theta @ theta, lam * np.where(is_weight, theta, 0)
        the gradient penalises the biases, the penalty does not: grad is 0
            w = theta[is_weight]
            return lam / 2 * np.sum(w**2), lam * theta
        the penalty lacks the half: `lam / 2` times the sum of squares,
            w = theta * is_weight
            return lam * np.sum(w**2), lam * w
    """,
    "soft_threshold": """
        entries above the threshold stay as they are: that is the hard
            return np.where(np.abs(z) > threshold, z, 0)
        negative entries are all set to zero: they move up towards zero by
            return np.maximum(z - threshold, 0)
        small entries jump beyond zero: that is a subgradient step; the
            return z - threshold * np.sign(z)
    """,
    "elastic_net_prox": """
        the learning rate is missing in the divisor: it is 1 + lr * l2
            return np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) / (1 + l2)
        the L2 part is a gradient step, times 1 - lr * l2: the exact
            return np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) * (1 - lr * l2)
        the divisor has a factor 2 too much: the penalty is l2 / 2 * w**2,
            return np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) / (1 + 2 * lr * l2)
    """,
    "random_flip": """
        normal numbers were drawn, so that another share than `p` is
            m = rng.standard_normal(len(images)) < p
            return np.where(m[:, None, None, None], images[..., ::-1], images)
        `p` is the probability of being mirrored, not of staying as it is
            m = rng.random(len(images)) > p
            return np.where(m[:, None, None, None], images[..., ::-1], images)
        the order of the images is turned round, not the images: left to
            m = rng.random(len(images)) < p
            return np.where(m[:, None, None, None], images[::-1], images)
    """,
    "random_crop": """
        the window is always in the middle: its place is drawn
            n, c, h, w = images.shape
            t, l = (h - size) // 2, (w - size) // 2
            return images[:, :, t:t + size, l:l + size].copy()
        one place for all images: draw a place for each
            n, c, h, w = images.shape
            t = rng.integers(0, h - size + 1)
            l = rng.integers(0, w - size + 1)
            return images[:, :, t:t + size, l:l + size].copy()
        row and column are one number, so all windows lie on the diagonal:
            n, c, h, w = images.shape
            out = np.empty((n, c, size, size), images.dtype)
            for i in range(n):
                t = rng.integers(0, min(h, w) - size + 1)
                out[i] = images[i, :, t:t + size, t:t + size]
            return out
        no window is a block of its image as it stands there: window i is
            n, c, h, w = images.shape
            out = np.zeros((n, c, size, size), images.dtype)
            for i in range(n):
                t, l = rng.integers(0, h - size + 1), rng.integers(0, w - size + 1)
                out[i] = images[i, :, t:t + size, l:l + size][:, :, ::-1]
            return out
        no window is a block of its image as it stands there: window i is
            n, c, h, w = images.shape
            out = np.zeros((n, c, size, size), images.dtype)
            for i in range(n):
                t, l = rng.integers(0, h - size + 1), rng.integers(0, w - size + 1)
                out[i] = images[i, :, t:t + size, l:l + size].swapaxes(1, 2)
            return out
        height and width are exchanged: a row is one of h - size + 1, a column
            n, c, h, w = images.shape
            out = np.zeros((n, c, size, size), images.dtype)
            for i in range(n):
                t = rng.integers(0, w - size + 1)
                l = rng.integers(0, h - size + 1)
                out[i] = images[i, :, t:t + size, l:l + size]
            return out
        places are drawn at which the window does not fit into the image: the
            n, c, h, w = images.shape
            out = np.zeros((n, c, size, size), images.dtype)
            for i in range(n):
                t = rng.integers(0, h)
                l = rng.integers(0, w)
                out[i] = images[i, :, t:t + size, l:l + size]
            return out
    """,
    "dropout_forward": """
        nothing is scaled: this is dropout of the first kind, which
            mask = (rng.random(x.shape) >= p).astype(float)
            return x * mask, mask
        a share `p` is KEPT: an entry is kept where its random number is not
            mask = (rng.random(x.shape) < p) / (1 - p)
            return x * mask, mask
        `p` is the probability of being DROPPED; here it is that of being
            mask = (rng.random(x.shape) < p) / p if p else np.zeros(x.shape)
            return x * mask, mask
    """,
    "dropconnect_forward": """
        whole rows of the weights are dropped: that is dropout of the
            mask = (rng.random(x.shape) >= p) / (1 - p)
            return (x * mask) @ weights, mask
        the kept weights are not divided by 1 - p: the expectation shrinks
            mask = (rng.random(weights.shape) >= p).astype(float)
            return x @ (weights * mask), mask
        a share `p` is KEPT: a weight is kept where its random number is not
            mask = (rng.random(weights.shape) < p) / (1 - p)
            return x @ (weights * mask), mask
    """,
    "stochastic_depth_forward": """
        the result is x or the branch, where it is x or their sum
            if not training:
                return survival * residual + (1 - survival) * x
            kept = rng.random((len(x), 1)) < survival
            return np.where(kept, residual, x)
        each feature has a toss, the same for all examples: an example keeps
            if not training:
                return x + survival * residual
            kept = rng.random(x.shape[1]) < survival
            return x + kept * residual
        each entry is dropped by itself, which is dropout: an example keeps
            if not training:
                return x + survival * residual
            return x + (rng.random(x.shape) < survival) * residual
    """,
    "max_pool_regions": """
        each region goes on to the start of the next one: it ends where it
            r = np.maximum.reduceat(images, np.asarray(rows)[:, 0], axis=2)
            return np.maximum.reduceat(r, np.asarray(columns)[:, 0], axis=3)
        row region i meets column region i alone: each meets all of the
            n, c = images.shape[:2]
            out = np.zeros((n, c, len(rows), len(columns)), images.dtype)
            for i, ((a, b), (l, r)) in enumerate(zip(rows, columns)):
                out[:, :, i, i] = images[:, :, a:b, l:r].max(axis=(2, 3))
            return out
        the regions end one pixel too late: the end is the first pixel that
            n, c = images.shape[:2]
            out = np.empty((n, c, len(rows), len(columns)), images.dtype)
            for i, (a, b) in enumerate(rows):
                for j, (l, r) in enumerate(columns):
                    out[:, :, i, j] = images[:, :, a:b + 1, l:r + 1].max(axis=(2, 3))
            return out
    """,
    "pca_color_augment": """
        these are the components of the images' mean colours: take the
            m = images.mean(axis=(2, 3))
            val, vec = np.linalg.eigh(np.cov(m.T))
            val, vec = val[::-1], vec[:, ::-1]
            return images + ((alphas * val) @ vec.T)[:, :, None, None]
        the images are multiplied: the shift is added
            px = images.transpose(0, 2, 3, 1).reshape(-1, 3)
            val, vec = np.linalg.eigh(np.cov(px.T))
            val, vec = val[::-1], vec[:, ::-1]
            return images * (1 + (alphas * val) @ vec.T)[:, :, None, None]
        the mean colour is subtracted from the images, too: for the
            px = images.transpose(0, 2, 3, 1).reshape(-1, 3)
            mu = px.mean(axis=0)
            val, vec = np.linalg.eigh(np.cov(px.T))
            val, vec = val[::-1], vec[:, ::-1]
            return images - mu[:, None, None] + ((alphas * val) @ vec.T)[:, :, None, None]
    """,
    "average_probabilities": """
        the sum over the models is divided by another number: that of the
            return probabilities.sum(axis=0) / probabilities.shape[1]
        the mean is over the examples: the first axis counts the models
            return probabilities.mean(axis=1)
        the mean is over the classes: the first axis counts the models
            return probabilities.mean(axis=2)
    """,
    "majority_vote": """
        the last class was not counted: classes go from 0 to n_classes - 1
            counts = np.array([(votes == c).sum(axis=0) for c in range(n_classes - 1)])
            return counts.argmax(axis=0)
        more than half of the votes are asked for: the class with the most
            counts = np.array([(votes == c).sum(axis=0) for c in range(n_classes)])
            best = counts.argmax(axis=0)
            return np.where(counts.max(axis=0) > len(votes) / 2, best, 0)
        of classes with equally many votes the one that was named last was
            out = []
            for col in votes.T:
                counts = {}
                best = None
                for v in col:
                    counts[v] = counts.get(v, 0) + 1
                    if best is None or counts[v] >= counts[best]:
                        best = v
                out.append(best)
            return np.array(out)
    """,
    "bootstrap_sample": """
        the numbers that were drawn are no indices: take whole ones
            return rng.uniform(0, n, size=n)
        this is how often each example is drawn: return the indices that
            return np.bincount(rng.integers(0, n, size=n), minlength=n)
        the first example is never drawn: indices count from 0
            return rng.integers(1, n, size=n) if n > 1 else np.zeros(n, dtype=int)
    """,
    "train_validation_test_split": """
        the last rows of the training part are for testing as well: cut it
            rows = rng.permutation(n)
            a, b = round(validation * n), round(test * n)
            return rows[a + b:], rows[:a], rows[-b:]
        rows are counted from 1 here: from 0
            rows = rng.permutation(n) + 1
            a, b = round(validation * n), round(test * n)
            return rows[a + b:], rows[:a], rows[a:a + b]
        validation and test rows are drawn from all rows, each by
            v = rng.choice(n, round(validation * n), replace=False)
            t = rng.choice(n, round(test * n), replace=False)
            return np.setdiff1d(np.arange(n), np.concatenate([v, t])), v, t
        the test part has what two other roundings leave: it has
            rows = rng.permutation(n)
            t = round((1 - validation - test) * n)
            a = round(validation * n)
            return rows[:t], rows[t:t + a], rows[t + a:]
        each row goes to a part by chance of its own, so that the sizes
            u = rng.random(n)
            v = u < validation
            t = (u >= validation) & (u < validation + test)
            return np.flatnonzero(~v & ~t), np.flatnonzero(v), np.flatnonzero(t)
    """,
    "random_search": """
        the values of each hyperparameter are spread evenly, as on a grid:
            d = len(low)
            trials = np.stack([np.geomspace(a, b, n_trials) for a, b in zip(low, high)], axis=1)
            values = np.array([f(t) for t in trials])
            return trials, values, trials[values.argmin()]
        the logarithms are normal: draw them uniform, from that of the one
            mid, half = (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / 6
            trials = np.clip(np.exp(rng.normal(mid, half, (n_trials, len(low)))), low, high)
            values = np.array([f(t) for t in trials])
            return trials, values, trials[values.argmin()]
        the numbers are uniform in their ranges: draw them log-uniformly, so
            trials = rng.uniform(low, high, (n_trials, len(low)))
            values = np.array([f(t) for t in trials])
            return trials, values, trials[values.argmin()]
    """,
    "plan_search": """
        the budget is exceeded: all epochs of all trials count
            m, E = curves.shape
            return np.full(E, m)
        nobody is given up: this is random search, of which every trial is
            m, E = curves.shape
            plan = np.zeros(E, dtype=int)
            plan[:] = min(m, budget // E)
            return plan
        one epoch decides everything: the trials that learn fastest need not
            m, E = curves.shape
            plan = np.zeros(E, dtype=int)
            plan[0] = min(m, budget)
            return plan
    """,
    "wolfe_line_search": """
        the length of the gradient is compared: what must be flat is the
            phi0, s0 = f(theta), gradient(theta) @ direction
            lo, hi, a = 0.0, None, initial
            for _ in range(100):
                g = gradient(theta + a * direction)
                if f(theta + a * direction) > phi0 + c1 * a * s0:
                    hi = a
                elif np.linalg.norm(g) <= c2 * np.linalg.norm(gradient(theta)):
                    return a
                elif g @ direction < 0:
                    lo = a
                else:
                    hi = a
                a = 2 * lo if hi is None else (lo + hi) / 2
            return a
        `c1` and `c2` are not used, only their defaults
            phi0, s0 = f(theta), gradient(theta) @ direction
            lo, hi, a = 0.0, None, initial
            for _ in range(100):
                g = gradient(theta + a * direction) @ direction
                if f(theta + a * direction) > phi0 + 1e-4 * a * s0:
                    hi = a
                elif abs(g) <= -0.9 * s0:
                    return a
                elif g < 0:
                    lo = a
                else:
                    hi = a
                a = 2 * lo if hi is None else (lo + hi) / 2
            return a
        the search gave up after a few trials: however many are refused, go
            phi0, s0 = f(theta), gradient(theta) @ direction
            lo, hi, a = 0.0, None, initial
            for _ in range(10):
                g = gradient(theta + a * direction) @ direction
                if f(theta + a * direction) > phi0 + c1 * a * s0:
                    hi = a
                elif abs(g) <= -c2 * s0:
                    return a
                elif g < 0:
                    lo = a
                else:
                    hi = a
                a = 2 * lo if hi is None else (lo + hi) / 2
            return a
        `alpha` is missing in the first condition: f must fall by `c1 *
            phi0, s0 = f(theta), gradient(theta) @ direction
            lo, hi, a = 0.0, None, initial
            for _ in range(100):
                g = gradient(theta + a * direction) @ direction
                if f(theta + a * direction) > phi0 + c1 * s0:
                    hi = a
                elif abs(g) <= -c2 * s0:
                    return a
                elif g < 0:
                    lo = a
                else:
                    hi = a
                a = 2 * lo if hi is None else (lo + hi) / 2
            return a
    """,
    "bfgs_update": """
        `step * change` of two vectors is a vector: s y^T is the matrix
            if change @ step <= 0:
                return inverse.copy()
            rho = 1 / (change @ step)
            V = np.eye(len(step)) - rho * step * change
            return V @ inverse @ V.T + rho * np.outer(step, step)
        the absolute value of the curvature is taken: where it is negative
            rho = 1 / abs(change @ step)
            V = np.eye(len(step)) - rho * np.outer(step, change)
            return V @ inverse @ V.T + rho * np.outer(step, step)
        the two factors have changed sides: (I - rho * s y^T) stands on the
            rho = 1 / (change @ step)
            I = np.eye(len(step))
            V = I - rho * np.outer(change, step)
            return V @ inverse @ V.T + rho * np.outer(step, step) if change @ step > 0 else inverse.copy()
    """,
    "lbfgs_direction": """
        where there is no pair, the gradient is returned as it is: the
            if len(steps) == 0:
                return grad
            return lbfgs_direction(grad, steps, changes)
        where the number of pairs is exactly 0 there is no newest one
            q = np.array(grad, float)
            a = []
            for s, y in zip(steps[::-1], changes[::-1]):
                a.append(s @ q / (y @ s))
                q = q - a[-1] * y
            q = q * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
            for s, y in zip(steps, changes):
                q = q + (a.pop() - y @ q / (y @ s)) * s
            return -q
        in both loops steps and changes have changed places, the scale is
            q = np.array(grad, float)
            a = []
            for y, s in zip(steps[::-1], changes[::-1]):
                a.append(s @ q / (y @ s))
                q = q - a[-1] * y
            if len(steps):
                q = q * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
            for y, s in zip(steps, changes):
                q = q + (a.pop() - y @ q / (y @ s)) * s
            return -q
        in the second loop beta is added to the weight: it is subtracted
            q = np.array(grad, float)
            a = []
            for s, y in zip(steps[::-1], changes[::-1]):
                a.append(s @ q / (y @ s))
                q = q - a[-1] * y
            if len(steps):
                q = q * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
            for s, y in zip(steps, changes):
                q = q + (a.pop() + y @ q / (y @ s)) * s
            return -q
        where the number of pairs is exactly 0 there is no newest one either
            q, a = np.array(grad, float), []
            for s, y in zip(steps[::-1], changes[::-1]):
                a.append(s @ q / (y @ s))
                q = q - a[-1] * y
            q = q * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
            for s, y in zip(steps, changes):
                q = q + (a.pop() - y @ q / (y @ s)) * s
            return -q
    """,
    "batch_pairs": """
        a pair without curvature is kept: leave it out where change @ step
            steps, changes = [], []
            g = lambda t, r: x[r].T @ (x[r] @ t - y[r]) / len(r)
            for k in range(len(points) - 1):
                s = points[k + 1] - points[k]
                steps.append(s)
                changes.append(g(points[k + 1], rows[k]) - g(points[k], rows[k]))
            return np.reshape(steps[-memory:], (-1, x.shape[1])), np.reshape(changes[-memory:], (-1, x.shape[1]))
        all examples are used: both gradients are of the batch on which the
            steps, changes = [], []
            g = lambda t: x.T @ (x @ t - y) / len(y)
            for k in range(len(points) - 1):
                s = points[k + 1] - points[k]
                c = g(points[k + 1]) - g(points[k])
                if c @ s > 0:
                    steps.append(s)
                    changes.append(c)
            return np.reshape(steps[-memory:], (-1, x.shape[1])), np.reshape(changes[-memory:], (-1, x.shape[1]))
        both gradients are of the batch after the step: take the one on
            steps, changes = [], []
            g = lambda t, r: x[r].T @ (x[r] @ t - y[r]) / len(r)
            for k in range(len(points) - 1):
                s = points[k + 1] - points[k]
                c = g(points[k + 1], rows[k + 1]) - g(points[k], rows[k + 1])
                if c @ s > 0:
                    steps.append(s)
                    changes.append(c)
            return np.reshape(steps[-memory:], (-1, x.shape[1])), np.reshape(changes[-memory:], (-1, x.shape[1]))
    """,
    "replace_head": """
        the new head has as many inputs as the old one: it stands on the
            k = sum((a + 1) * b for a, b in zip(widths[:keep], widths[1:keep + 1]))
            n = widths[-2]
            w = rng.normal(0, np.sqrt(1 / n), n * n_classes)
            return np.concatenate([theta[:k], w, np.zeros(n_classes)])
        one layer too few was kept: the first `keep` layers end at
            k = sum((a + 1) * b for a, b in zip(widths[:keep - 1], widths[1:keep]))
            n = widths[keep - 1]
            w = rng.normal(0, np.sqrt(1 / n), n * n_classes)
            return np.concatenate([theta[:k], w, np.zeros(n_classes)])
        the variance is 1 over the inputs of the network: it is 1 over those
            k = sum((a + 1) * b for a, b in zip(widths[:keep], widths[1:keep + 1]))
            n = widths[keep]
            w = rng.normal(0, np.sqrt(1 / widths[0]), n * n_classes)
            return np.concatenate([theta[:k], w, np.zeros(n_classes)])
        the weights have the standard deviation 0.01, whatever the layer:
            k = sum((a + 1) * b for a, b in zip(widths[:keep], widths[1:keep + 1]))
            n = widths[keep]
            w = 0.01 * rng.standard_normal(n * n_classes)
            return np.concatenate([theta[:k], w, np.zeros(n_classes)])
    """,
    "freeze_mask": """
        the biases of the last frozen layer are still trained: a layer is
            sizes = [(a + 1) * b for a, b in zip(widths, widths[1:])]
            m = np.ones(sum(sizes))
            k = sum(sizes[:frozen])
            if frozen:
                k -= widths[frozen]
            m[:k] = 0
            return m
        the mask is the wrong way round: 0 where a layer is frozen, 1 where
            sizes = [(a + 1) * b for a, b in zip(widths, widths[1:])]
            return np.repeat([1.0] * frozen + [0.0] * (len(sizes) - frozen), sizes)
        the biases are missing: a layer from n to k units has n * k weights
            sizes = [a * b for a, b in zip(widths, widths[1:])]
            return np.repeat([0.0] * frozen + [1.0] * (len(sizes) - frozen), sizes)
    """,
    "masked_step": """
        the frozen parameters keep their old velocity: it must be 0, or they
            v = np.where(mask > 0, mu * velocity + grad, velocity)
            return np.where(mask > 0, theta - lr * v, theta), v
        the mask is on the gradient alone: a frozen parameter that still has
            v = mu * velocity + mask * grad
            return theta - lr * v, v
        the frozen parameters stay, but their velocity is kept: it must be
            v = mu * velocity + grad
            return theta - lr * mask * v, v
    """,
    "discriminative_learning_rates": """
        multiplied by the factor: each layer below gets lr divided by it
            sizes = [(a + 1) * b for a, b in zip(widths, widths[1:])]
            return np.repeat(lr * factor ** np.arange(len(sizes))[::-1], sizes)
        the layers are in the wrong order: the last one gets lr, the ones
            sizes = [(a + 1) * b for a, b in zip(widths, widths[1:])]
            return np.repeat(lr / float(factor) ** np.arange(len(sizes)), sizes)
        one rate for each layer: there is one for each parameter, n * k
            L = len(widths) - 1
            return np.array([lr / factor ** (L - 1 - i) for i in range(L)])
    """,
}


def _mistakes(written):
    for exercise in EXERCISES:
        for sentence, function in texts.functions(
            written.get(exercise.name, ""), exercise.reference, {"np": np}
        ):
            yield exercise, sentence, function


def test_the_exercises_exist():
    assert MADE.keys() | IMAGINED.keys() | BLIND.keys() <= {exercise.name for exercise in EXERCISES}


@pytest.mark.parametrize(
    "exercise",
    [e for e in EXERCISES if e.name in MADE.keys() | IMAGINED.keys() | BLIND.keys()],
    ids=lambda e: e.name,
)
def test_each_is_refused_and_named_by_its_sentence(exercise):
    plan = plan_of(exercise, PUBLIC_SEED)
    for written in (MADE, IMAGINED, BLIND):
        text = written.get(exercise.name, "")
        for sentence, function in texts.functions(text, exercise.reference, {"np": np}):
            with np.errstate(all="ignore"):
                verdict = examine(plan, [call(function, case) for case in plan.cases])
            assert verdict.status == "wrong", sentence
            assert verdict.mistake.startswith("" if sentence == NOT_NAMED else sentence)
            assert bool(verdict.mistake) == (sentence != NOT_NAMED), verdict.mistake


@pytest.mark.parametrize(
    ("written", "least"),
    [(MADE, 82), (IMAGINED, 300), (BLIND, 331)],
    ids=["made", "imagined", "blind"],
)
def test_nearly_all_of_them_have_a_name(written, least):
    sentences = [sentence for _, sentence, _ in _mistakes(written)]
    assert len(sentences) >= least
    assert sentences.count(NOT_NAMED) <= 0.05 * len(sentences)
