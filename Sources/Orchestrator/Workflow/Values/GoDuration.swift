/// A span of time as Go writes it: `1h30m`, `1.5s`, `300ms`.
public struct GoDuration: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Whole milliseconds, rounded towards zero.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }

  public static func < (left: GoDuration, right: GoDuration) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Reads what Argo accepts where it waits (`backoff.duration`, `suspend.duration`): a Go duration, or a bare integer
  /// of seconds.
  public init(parsing text: String) throws(DurationError) {
    if !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) {
      try self.init(requiringUnit: text + "s")
    } else {
      try self.init(requiringUnit: text)
    }
  }

  /// Reads a Go duration, in which every number but 0 has a unit, as Argo demands of `timeout`.
  public init(requiringUnit text: String) throws(DurationError) {
    var rest = text[...]
    let negative = rest.first == "-"
    if negative || rest.first == "+" { rest.removeFirst() }
    guard !rest.isEmpty else { throw DurationError(text, "it is empty") }
    var total: Int64 = 0
    if rest == "0" { rest = "" }
    while !rest.isEmpty {
      let part = try takePart(of: &rest, in: text)
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { throw DurationError(text, "it is longer than 292 years") }
      total = sum
    }
    self.init(nanoseconds: negative ? -total : total)
  }

  /// As Go prints it: `1m30s`, `1h0m0s`, `1.5s`, `0s`.
  public var description: String {
    let magnitude = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    switch magnitude {
    case 0: return "0s"
    case ..<1_000: return sign + "\(magnitude)ns"
    case ..<1_000_000: return sign + decimal(magnitude, places: 3) + "µs"
    case ..<1_000_000_000: return sign + decimal(magnitude, places: 6) + "ms"
    default: break
    }
    let minutes = magnitude / 60_000_000_000
    let seconds = decimal(magnitude % 60_000_000_000, places: 9) + "s"
    if minutes == 0 { return sign + seconds }
    return sign + (minutes < 60 ? "" : "\(minutes / 60)h") + "\(minutes % 60)m" + seconds
  }
}

/// Why a text is no duration.
public struct DurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ text: String, _ reason: String) {
    description = "'\(text)' is not a duration such as 30s, 1h30m or 500ms: \(reason)"
  }
}

private let units: KeyValuePairs<String, Int64> = [
  "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
  "m": 60_000_000_000, "h": 3_600_000_000_000,
]

private func isDecimal(_ text: Substring) -> Bool {
  let digits = text.filter { $0 != "." }
  return !digits.isEmpty && text.count - digits.count <= 1
    && digits.allSatisfy { $0.isASCII && $0.isNumber }
}

/// Takes one number with its unit off the front of `rest`.
private func takePart(of rest: inout Substring, in text: String) throws(DurationError) -> Int64 {
  let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
  guard isDecimal(number) else { throw DurationError(text, "expected a number before '\(rest)'") }
  rest = rest.dropFirst(number.count)
  let unit = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
  guard !unit.isEmpty else {
    throw DurationError(text, "the number \(number) has no unit (ns, us, ms, s, m, h)")
  }
  guard let factor = units.first(where: { $0.key == unit })?.value else {
    throw DurationError(text, "unknown unit '\(unit)' (ns, us, ms, s, m, h)")
  }
  rest = rest.dropFirst(unit.count)
  guard let value = nanoseconds(of: number, unit: factor) else {
    throw DurationError(text, "it is longer than 292 years")
  }
  return value
}

/// `number` times `unit`, or nil beyond 64 bits. Digits below a nanosecond are cut off.
private func nanoseconds(of number: Substring, unit: Int64) -> Int64? {
  let parts = number.split(separator: ".", omittingEmptySubsequences: false)
  guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
  let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
  guard !overflow else { return nil }
  guard parts.count == 2 else { return product }
  var fraction: Int64 = 0
  var scale = unit
  for digit in parts[1] {
    let (digitScale, remainder) = scale.quotientAndRemainder(dividingBy: 10)
    guard digitScale > 0 || remainder > 0 else { break }
    fraction += Int64(digit.wholeNumberValue ?? 0) * scale / 10
    scale = digitScale
  }
  let (sum, tooLong) = product.addingReportingOverflow(fraction)
  return tooLong ? nil : sum
}

/// `value` / 10^`places` without trailing zeros.
private func decimal(_ value: UInt64, places: Int) -> String {
  var power: UInt64 = 1
  for _ in 0..<places { power *= 10 }
  let (whole, fraction) = value.quotientAndRemainder(dividingBy: power)
  guard fraction > 0 else { return String(whole) }
  let digits = String(fraction)
  var tail = String(repeating: "0", count: places - digits.count) + digits
  while tail.last == "0" { tail.removeLast() }
  return "\(whole).\(tail)"
}
