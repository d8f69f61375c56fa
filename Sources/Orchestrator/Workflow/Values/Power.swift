/// `base` to the power of `exponent`, as IEEE 754 `pow`. Written out because the core imports no C library; whole
/// exponents are exact wherever the result is, others are good to about 15 digits.
func raised(_ base: Double, to exponent: Double) -> Double {
  if exponent == 0 || base == 1 { return 1 }
  if base.isNaN || exponent.isNaN { return .nan }
  if exponent.isInfinite {
    if base.magnitude == 1 { return 1 }
    return (base.magnitude > 1) == (exponent > 0) ? .infinity : 0
  }
  let whole = exponent.rounded(.towardZero)
  if whole == exponent { return raised(base, toWhole: whole) }
  if base < 0 { return base == -.infinity ? (exponent > 0 ? .infinity : 0) : .nan }
  if base == 0 || base.isInfinite { return (base == 0) == (exponent > 0) ? 0 : .infinity }
  let positive = raised(base, toWhole: whole.magnitude) * root(base, fraction: (exponent - whole).magnitude)
  return exponent > 0 ? positive : 1 / positive
}

private func raised(_ base: Double, toWhole exponent: Double) -> Double {
  var result = 1.0
  var square = base
  // Beyond 2^63 every base but ±1 has long overflowed, and such exponents are even.
  var rest = UInt64(exactly: exponent.magnitude) ?? UInt64.max - 1
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return exponent < 0 ? 1 / result : result
}

/// `base`^`fraction` for 0 < `fraction` < 1: each binary digit of the fraction is a square root of a square root.
private func root(_ base: Double, fraction: Double) -> Double {
  var result = 1.0
  var factor = base
  var rest = fraction
  while rest > 0 {
    factor.formSquareRoot()
    rest *= 2
    guard rest >= 1 else { continue }
    result *= factor
    rest -= 1
  }
  return result
}
