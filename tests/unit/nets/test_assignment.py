import numpy as np
import torch
import torch.nn.functional as F

from clustrace.nets.assignment import clustering_loss, soft_assignment, target_distribution


def _embedding(n=40, d=5, k=4):
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return z, torch.randn(k, d, generator=generator, dtype=torch.float64)


def test_rows_sum_to_one():
    z, centroids = _embedding()
    q = soft_assignment(z, centroids)
    assert torch.allclose(q.sum(dim=1), torch.ones(40, dtype=torch.float64))
    assert torch.allclose(target_distribution(q).sum(dim=1), torch.ones(40, dtype=torch.float64))


def test_equal_the_printed_formulas_element_by_element():
    z, centroids = _embedding()
    q, p = np.empty((40, 4)), np.empty((40, 4))
    for i in range(40):
        for j in range(4):
            q[i, j] = 1 / (1 + float(((z[i] - centroids[j]) ** 2).sum()))
        q[i] /= q[i].sum()
    f = q.sum(axis=0)
    for i in range(40):
        p[i] = q[i] ** 2 / f / (q[i] ** 2 / f).sum()
    ours = soft_assignment(z, centroids)
    np.testing.assert_allclose(ours.numpy(), q, rtol=1e-12)
    np.testing.assert_allclose(target_distribution(ours).numpy(), p, rtol=1e-12)


def test_target_distribution_is_global():
    """Computed batch by batch it is another distribution."""
    q = soft_assignment(*_embedding())
    whole = target_distribution(q)
    by_batch = torch.cat([target_distribution(part) for part in q.split(10)])
    assert not torch.allclose(whole, by_batch, atol=1e-3)


def test_target_distribution_carries_no_gradient():
    z, centroids = _embedding()
    assert not target_distribution(soft_assignment(z, centroids.requires_grad_())).requires_grad


def test_loss_is_batchmean():
    q = soft_assignment(*_embedding())
    p = target_distribution(q)
    expected = F.kl_div(q.log(), p, reduction="batchmean")
    torch.testing.assert_close(clustering_loss(p, q), expected)
    # PyTorch's default reduction is K times smaller.
    torch.testing.assert_close(
        clustering_loss(p, q), 4 * F.kl_div(q.log(), p, reduction="none").mean()
    )


def test_gradient_equals_the_papers():
    """DEC eq. 4, with the mean over samples."""
    z, centroids = _embedding()
    z.requires_grad_()
    q = soft_assignment(z, centroids)
    p = target_distribution(q)
    clustering_loss(p, q).backward()
    difference = z.detach()[:, None] - centroids[None]
    weight = (p - q.detach()) / (1 + (difference**2).sum(dim=2))
    expected = 2 * (weight[:, :, None] * difference).sum(dim=1) / len(z)
    torch.testing.assert_close(z.grad, expected)
