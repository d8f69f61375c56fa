extension Value {
  /// This value as JSON text.
  /// - Parameters:
  ///   - indent: spaces per level; nil prints everything on one line without blanks.
  ///   - sortedKeys: object members by key instead of in their own order.
  public func jsonText(indent: Int? = nil, sortedKeys: Bool = false) -> String {
    var printer = JSONPrinter(indent: indent, sortedKeys: sortedKeys)
    printer.print(self, level: 0)
    return printer.text
  }
}

private struct JSONPrinter {
  let indent: Int?
  let sortedKeys: Bool
  var text = ""

  mutating func print(_ value: Value, level: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .int(let number): text += String(number)
    case .double(let number): text += jsonNumber(number)
    case .string(let string): appendQuoted(string, to: &text)
    case .array(let elements): printArray(elements, level: level)
    case .object(let members):
      let pairs = members.map { ($0.key, $0.value) }
      printObject(sortedKeys ? pairs.sorted { $0.0 < $1.0 } : pairs, level: level)
    }
  }

  private mutating func printArray(_ elements: [Value], level: Int) {
    guard !elements.isEmpty else { return text += "[]" }
    text += "["
    for (position, element) in elements.enumerated() {
      separate(position, level: level)
      print(element, level: level + 1)
    }
    close("]", level: level)
  }

  private mutating func printObject(_ members: [(String, Value)], level: Int) {
    guard !members.isEmpty else { return text += "{}" }
    text += "{"
    for (position, (key, value)) in members.enumerated() {
      separate(position, level: level)
      appendQuoted(key, to: &text)
      text += indent == nil ? ":" : ": "
      print(value, level: level + 1)
    }
    close("}", level: level)
  }

  private mutating func separate(_ position: Int, level: Int) {
    if position > 0 { text += "," }
    newLine(level: level + 1)
  }

  private mutating func close(_ bracket: String, level: Int) {
    newLine(level: level)
    text += bracket
  }

  private mutating func newLine(level: Int) {
    guard let indent else { return }
    text += "\n" + String(repeating: " ", count: indent * level)
  }
}

/// Shortest decimal that reads back as the same number, in exponent form only outside 1e-6..<1e21,
/// as JavaScript and Go's encoding/json print numbers (ECMA-262 Number::toString).
func jsonNumber(_ number: Double) -> String {
  guard number.isFinite else { return "null" }
  if number == number.rounded(), abs(number) < 9_007_199_254_740_992 {
    return String(Int64(number))
  }
  return plainDecimal(number.description)
}

private func plainDecimal(_ shortest: String) -> String {
  guard let mark = shortest.firstIndex(of: "e"), let exponent = Int(shortest[shortest.index(after: mark)...]),
    exponent >= -6, exponent < 21
  else { return shortest.replacing("e-0", with: "e-") }
  let negative = shortest.hasPrefix("-")
  let mantissa = shortest[..<mark].drop { $0 == "-" }
  let whole = mantissa.prefix { $0 != "." }
  let fraction = mantissa.dropFirst(whole.count + 1)
  let digits = whole + (fraction == "0" ? "" : fraction)
  let point = whole.count + exponent
  let body: String
  if point <= 0 {
    body = "0." + String(repeating: "0", count: -point) + digits
  } else if point >= digits.count {
    body = digits + String(repeating: "0", count: point - digits.count)
  } else {
    body = digits.prefix(point) + "." + digits.dropFirst(point)
  }
  return (negative ? "-" : "") + body
}

/// Appends `string` in JSON quotes: only what JSON demands is escaped, so that UTF-8 stays readable.
func appendQuoted(_ string: String, to text: inout String) {
  text += "\""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\"": text += "\\\""
    case "\\": text += "\\\\"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case _ where scalar.value < 0x20:
      let hex = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    default: text.unicodeScalars.append(scalar)
    }
  }
  text += "\""
}
