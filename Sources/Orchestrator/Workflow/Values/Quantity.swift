/// A Kubernetes quantity: `100m`, `1.5`, `8Gi`, `2e3`. Kept in thousandths of a unit, rounded up as Kubernetes does.
public struct Quantity: Hashable, Comparable, Sendable {
  public var milliUnits: Int64

  public init(milliUnits: Int64) { self.milliUnits = milliUnits }

  /// Whole units, rounded up: what an integer counts of GPUs or bytes.
  public var units: Int64 {
    let (quotient, remainder) = milliUnits.quotientAndRemainder(dividingBy: 1000)
    return remainder > 0 ? quotient + 1 : quotient
  }

  public static func < (left: Quantity, right: Quantity) -> Bool { left.milliUnits < right.milliUnits }

  public init(parsing text: String) throws(QuantityError) {
    var rest = text[...]
    let negative = rest.first == "-"
    if negative || rest.first == "+" { rest.removeFirst() }
    let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let decimal = Decimal(number) else { throw QuantityError(text, "expected a number such as 1.5") }
    let scale = try Scale(suffix: rest.dropFirst(number.count), of: text)
    guard let milli = decimal.milliUnits(scaledBy: scale) else {
      throw QuantityError(text, "it is beyond what can be counted (9.2e15)")
    }
    milliUnits = negative ? -milli : milli
  }
}

/// Why a text is no quantity.
public struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ text: String, _ reason: String) {
    description = "'\(text)' is not a quantity such as 500m, 2 or 8Gi: \(reason)"
  }
}

/// What a suffix multiplies a number by: 2^`binary` * 10^`decimal`.
private struct Scale {
  var binary = 0
  var decimal = 0

  init(suffix: Substring, of text: String) throws(QuantityError) {
    let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    let decimalSuffixes: KeyValuePairs = [
      "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
    ]
    if let index = binarySuffixes.firstIndex(of: String(suffix)) {
      binary = 10 * (index + 1)
    } else if let power = decimalSuffixes.first(where: { $0.key == suffix })?.value {
      decimal = power
    } else if suffix.first == "e" || suffix.first == "E", let power = Int(suffix.dropFirst()) {
      // Beyond this the number is 0 or too large whatever its digits say; clamping keeps the arithmetic short.
      decimal = min(max(power, -100), 100)
    } else {
      throw QuantityError(
        text, "unknown suffix '\(suffix)' (m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, e3)")
    }
  }
}

/// An unsigned decimal number: `digits` / 10^`places`.
private struct Decimal {
  var digits: Int128
  var places: Int

  init?(_ text: Substring) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else { return nil }
    let fraction = parts.count == 2 ? String(parts[1].reversed().drop { $0 == "0" }.reversed()) : ""
    // 28 digits are exact in 128 bits even after the largest suffix (2^60 / 10^0, or the 10^3 of thousandths).
    let significant = (parts[0] + fraction).drop { $0 == "0" }
    guard significant.count <= 18 + fraction.count, fraction.count <= 18 else { return nil }
    guard let value = Int128(parts[0] + fraction) ?? (significant.isEmpty ? 0 : nil) else { return nil }
    digits = value
    places = fraction.count
  }

  /// This number in thousandths after scaling, rounded up; nil beyond 64 bits.
  func milliUnits(scaledBy scale: Scale) -> Int64? {
    var value = digits
    for _ in 0..<scale.binary {
      let (double, overflow) = value.multipliedReportingOverflow(by: 2)
      guard !overflow else { return nil }
      value = double
    }
    return shifted(value, byPowerOfTen: scale.decimal + 3 - places)
  }

  private func shifted(_ start: Int128, byPowerOfTen power: Int) -> Int64? {
    var value = start
    var remainder = false
    for _ in 0..<abs(power) {
      if power > 0 {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        guard !overflow else { return nil }
        value = product
      } else {
        remainder = remainder || value % 10 != 0
        value /= 10
      }
    }
    return Int64(exactly: remainder ? value + 1 : value)
  }
}
