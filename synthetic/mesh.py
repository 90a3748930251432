"""Meshes in numba: bending by bones, and normals."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Index = NDArray[np.int32]
Index8 = NDArray[np.uint8]

BONES_PER_VERTEX = 6


@nb.njit(cache=True, nogil=True, fastmath=True)
def skin_vertices(rest: Float32, bones: Index8, weights: Float32, transforms: Float32) -> Float32:
    """Linear blend skinning: every vertex follows the weighted mean of its bones' transforms.

    Parameters
    ----------
    rest : array, float32, shape (V, 3)
        Vertices of the rest pose, metres.
    bones, weights : arrays, uint8 and float32, shape (V, 6)
        Which bones move each vertex and how much; weights of a vertex add up to 1.
    transforms : array, float32, shape (B, 3, 4)
        Rest to posed, for every bone.
    """
    posed = np.empty_like(rest)
    mixed = np.empty((3, 4), np.float32)
    for vertex in range(rest.shape[0]):
        mixed[:] = 0
        for slot in range(weights.shape[1]):
            weight = weights[vertex, slot]
            if weight > 0:
                transform = transforms[bones[vertex, slot]]
                for row in range(3):
                    for column in range(4):
                        mixed[row, column] += weight * transform[row, column]
        x, y, z = rest[vertex, 0], rest[vertex, 1], rest[vertex, 2]
        for row in range(3):
            posed[vertex, row] = mixed[row, 0] * x + mixed[row, 1] * y + mixed[row, 2] * z + mixed[row, 3]
    return posed


@nb.njit(cache=True, nogil=True, fastmath=True)
def vertex_normals(vertices: Float32, triangles: Index) -> Float32:
    """Unit normals (V, 3), the mean of the adjoining triangles' weighted by area; zero for vertices without any."""
    normals = np.zeros_like(vertices)
    for triangle in range(triangles.shape[0]):
        a, b, c = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        wx, wy, wz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        normal_x, normal_y, normal_z = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for corner in (a, b, c):
            normals[corner, 0] += normal_x
            normals[corner, 1] += normal_y
            normals[corner, 2] += normal_z
    for vertex in range(normals.shape[0]):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = np.sqrt(x * x + y * y + z * z) + np.float32(1e-12)
        for axis in range(3):
            normals[vertex, axis] /= length
    return normals
