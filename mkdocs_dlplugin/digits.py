"""Digits: how finely a number is written: as its interval supports, and never with more than five decimals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mkdocs_dlplugin.expressions import format_number
from mkdocs_dlplugin.reporting import clock
from mkdocs_dlplugin.words import number, say

FINEST = 5
"""Decimals at most; what needs more is written with a power of ten."""

_SMALL, _LARGE = 1e-2, 1e12
"""Between these a number is written plainly, as long as `FINEST` allows."""

_NOTHING = 1e-300
"""Below it there is no power of ten to divide by."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Fineness:
    """How the numbers of one estimate are written, all alike."""

    places: int
    """Decimals of what stands before the power of ten; below 0, the digits before the point that are rounded away."""
    exponent: int = 0
    """The power of ten, 0 for none."""

    @property
    def decimals(self) -> int:
        """Decimals of the number itself."""
        return self.places - self.exponent


def fineness(size: float, half: float | None) -> Fineness:
    """Choose how finely an estimate is written.

    Args:
        size: The largest of its numbers in absolute value.
        half: Half-width of its interval in the same unit; `None` or 0 where there is none.

    Returns:
        One significant digit of the half-width, two where it leads with 1 or is at least ten: `0.942 ± 0.011`,
        `0.94 ± 0.03`, `52 ± 34`, `12,300 ± 4,600`.  Without an interval four significant digits.
    """
    size = max(abs(size), half or 0.0)
    if not math.isfinite(size) or size < _NOTHING:
        return Fineness(0)
    plain = Fineness(places(half) if half else max(0, 3 - math.floor(math.log10(size))))
    if plain.places <= FINEST and size < _LARGE:
        return plain
    if _SMALL <= size < _LARGE:
        return Fineness(min(plain.places, FINEST))
    exponent = math.floor(math.log10(size))
    return Fineness(min(plain.places + exponent, FINEST), exponent)


def leading(value: float) -> Fineness:
    """Choose the fineness that leaves of a small value its first digit: `0.03`, `2 × 10⁻⁷`."""
    first = -math.floor(math.log10(abs(value))) if abs(value) >= _NOTHING else 0
    return Fineness(first) if first <= FINEST else Fineness(0, -first)


def written(value: float, fine: Fineness) -> str:
    """Write a number in the language of the site: `0.942`, `12,300`, `1.20 × 10⁻⁶`."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    # A division where there is nothing to divide would cost the last digit.
    scaled = value / 10.0**fine.exponent if fine.exponent else value
    text = number(format_number(round(scaled, fine.places), f",.{max(fine.places, 0)}f"))
    return text + power(fine) if fine.exponent else text


def brief(value: float) -> str:
    """Write a number without an interval: whole ones whole, others with four significant digits and no idle zeros."""
    if float(value).is_integer() and abs(value) < _LARGE:
        return number(format_number(value, ","))
    fine = fineness(value, None)
    head, times, tail = written(value, fine).partition(" ×")
    point = say("decimal")
    return (head.rstrip("0").removesuffix(point) if point in head else head) + times + tail


def duration(seconds: float) -> str:
    """Write how long something took: `0.8 s`, `41 s`, `3 min 05 s`."""
    return number(clock(seconds))


def rounded(value: float, digits: int = 6) -> str:
    """Write a number for an axis or a list, with so many significant digits at most: `1,000`, `0.001`, `1e-06`."""
    return number(f"{value:,.{digits}g}")


def power(fine: Fineness) -> str:
    """Write the power of ten that stands behind a number: ` × 10⁻⁶`, or nothing."""
    return f" × 10{str(fine.exponent).translate(_RAISED)}" if fine.exponent else ""


def least(fine: Fineness) -> str:
    """Write the smallest number that does not round to nothing."""
    return written(10.0**-fine.decimals, fine)


def places(half: float) -> int:
    """Count the decimals that an interval supports; below 0 where digits before the point say nothing."""
    digits, exponent = f"{half:.1e}".split("e")
    return (1 if digits[0] == "1" or int(exponent) > 0 else 0) - int(exponent)
