import OrderedCollections

/// The decimal digits of a positive number: 0.d1d2d3... times 10^`point`.
struct DecimalDigits {
  var digits: [UInt8]
  var point: Int

  /// The fewest digits that read back as `number`.
  init(shortest number: Double) {
    let text = Array(number.magnitude.description.utf8)
    let mark = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
    let exponent = Int(String(decoding: text[mark...].dropFirst(), as: UTF8.self)) ?? 0
    let dot = text[..<mark].firstIndex(of: UInt8(ascii: ".")) ?? mark
    digits = text[..<mark].filter { $0 != UInt8(ascii: ".") }.map { $0 - UInt8(ascii: "0") }
    point = dot + exponent
    normalize()
  }

  /// Every digit of `number`, which is finite: a binary fraction always ends in decimal.
  init(exact number: Double) {
    var integer = [UInt32(truncatingIfNeeded: number.significandBits), UInt32(number.significandBits >> 32)]
    let shift = number.binaryShift
    // m / 2^k = m * 5^k / 10^k
    for _ in 0..<abs(shift) { multiply(&integer, by: shift < 0 ? 5 : 2) }
    digits = decimalDigits(of: integer)
    point = digits.count + min(shift, 0)
    normalize()
  }

  private mutating func normalize() {
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    point -= zeros
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { point = 1 }
  }

  /// Keeps `count` digits, rounding half to even.
  mutating func round(to count: Int) {
    guard count < digits.count else { return }
    guard count >= 0 else { return digits = [] }
    let rest = digits[count...]
    let half = rest.first == 5 && rest.count == 1
    let up = half ? (count > 0 && digits[count - 1] % 2 == 1) : rest[count] >= 5
    digits.removeSubrange(count...)
    if up { increment() }
    normalizeTail()
  }

  private mutating func increment() {
    var index = digits.count - 1
    while index >= 0, digits[index] == 9 {
      digits[index] = 0
      index -= 1
    }
    if index >= 0 {
      digits[index] += 1
    } else {
      digits.insert(1, at: 0)
      point += 1
    }
  }

  private mutating func normalizeTail() {
    while digits.last == 0 { digits.removeLast() }
  }

  /// The digits from place `from` to place `to` (0 is the first after the point), zeros where there are none.
  func text(from: Int, to: Int) -> String {
    var text = ""
    for place in from..<max(from, to) {
      let index = place + point
      text += index >= 0 && index < digits.count ? String(digits[index]) : "0"
    }
    return text
  }
}

extension Double {
  fileprivate var significandBits: UInt64 {
    significandBitPattern | (isNormal ? 1 << 52 : 0)
  }

  /// The power of two that `significandBits` is multiplied by.
  fileprivate var binaryShift: Int { max(Int(exponentBitPattern), 1) - 1075 }
}

private func multiply(_ integer: inout [UInt32], by factor: UInt64) {
  var carry: UInt64 = 0
  for index in integer.indices {
    let product = UInt64(integer[index]) * factor + carry
    integer[index] = UInt32(truncatingIfNeeded: product)
    carry = product >> 32
  }
  if carry > 0 { integer.append(UInt32(carry)) }
}

private func decimalDigits(of start: [UInt32]) -> [UInt8] {
  var integer = start
  var digits: [UInt8] = []
  while integer.contains(where: { $0 > 0 }) {
    var remainder: UInt64 = 0
    for index in integer.indices.reversed() {
      let part = remainder << 32 | UInt64(integer[index])
      integer[index] = UInt32(part / 1_000_000_000)
      remainder = part % 1_000_000_000
    }
    while integer.last == 0 { integer.removeLast() }
    for _ in 0..<9 {
      digits.append(UInt8(remainder % 10))
      remainder /= 10
    }
  }
  return digits.reversed()
}

/// `number` as Go's `%v` and `%g` print it: the shortest digits, with an exponent below 1e-4 and from 10^`limit`.
/// Go's limit is 6 here (`1e+06`) and 21 in JSON.
func goFloat(_ number: Double, exponentFrom limit: Int = 6) -> String {
  if let text = nonFinite(number) { return text }
  let decimal = DecimalDigits(shortest: number)
  let exponent = decimal.point - 1
  if exponent < -4 || exponent >= limit { return exponentForm(decimal, of: number) }
  return plainForm(decimal, of: number, places: max(decimal.digits.count - decimal.point, 0))
}

/// `number` rounded to `places` digits after the point (half to even, on the exact binary value).
func fixedPoint(_ number: Double, places: Int) -> String {
  if let text = nonFinite(number) { return text }
  var decimal = DecimalDigits(exact: number)
  decimal.round(to: decimal.point + places)
  return plainForm(decimal, of: number, places: places)
}

/// `number` as `d.ddde+XX` with `places` digits after the point.
func scientific(_ number: Double, places: Int) -> String {
  if let text = nonFinite(number) { return text }
  var decimal = DecimalDigits(exact: number)
  decimal.round(to: places + 1)
  return exponentForm(decimal, of: number, places: places)
}

/// `number` with at most `significant` digits, as `%.3g` prints it.
func shortened(_ number: Double, significant: Int) -> String {
  var decimal = DecimalDigits(exact: number)
  decimal.round(to: significant)
  let exponent = decimal.point - 1
  if exponent < -4 || exponent >= significant { return exponentForm(decimal, of: number) }
  return plainForm(decimal, of: number, places: max(decimal.digits.count - decimal.point, 0))
}

private func nonFinite(_ number: Double) -> String? {
  if number.isNaN { return "NaN" }
  return number.isInfinite ? (number < 0 ? "-Inf" : "+Inf") : nil
}

private func sign(_ number: Double) -> String { number.sign == .minus ? "-" : "" }

private func plainForm(_ decimal: DecimalDigits, of number: Double, places: Int) -> String {
  let whole = decimal.point > 0 ? decimal.text(from: -decimal.point, to: 0) : "0"
  return sign(number) + whole + (places > 0 ? "." + decimal.text(from: 0, to: places) : "")
}

private func exponentForm(_ decimal: DecimalDigits, of number: Double, places: Int? = nil) -> String {
  let exponent = decimal.digits.isEmpty ? 0 : decimal.point - 1
  let count = places ?? max(decimal.digits.count - 1, 0)
  let first = 1 - decimal.point
  let mantissa =
    decimal.text(from: -decimal.point, to: first)
    + (count > 0 ? "." + decimal.text(from: first, to: first + count) : "")
  return sign(number) + mantissa + "e" + (exponent < 0 ? "-" : "+") + pad(abs(exponent))
}

/// `text` in Go's double quotes (`%q`).
func goQuoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\\(scalar)"
    case "\n": quoted += "\\n"
    case "\r": quoted += "\\r"
    case "\t": quoted += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F:
      quoted += "\\x" + hexadecimal([UInt8(scalar.value)])
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}

/// Two hexadecimal digits a byte.
func hexadecimal(_ bytes: [UInt8], uppercase: Bool = false) -> String {
  bytes.reduce(into: "") { text, byte in
    let digits = String(byte, radix: 16, uppercase: uppercase)
    text += digits.count == 1 ? "0" + digits : digits
  }
}

/// Members in the byte order of their keys, as Go prints maps and encodes them in JSON.
func sortedByKey(_ members: OrderedDictionary<String, Value>) -> [(key: String, value: Value)] {
  members.map { ($0.key, $0.value) }.sorted { goLess($0.key, $1.key) }
}

/// Go compares strings byte by byte; Swift's `<` is free to order by canonical equivalence.
func goLess(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
