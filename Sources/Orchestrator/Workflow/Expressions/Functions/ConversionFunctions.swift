extension ExpressionFunction {
  static let conversionFunctions = [
    ExpressionFunction("type", 1) { call throws(RenderError) in .string(call[0].typeName) },
    ExpressionFunction("int", 1) { call throws(RenderError) in .int(try call.convertedInteger()) },
    ExpressionFunction("asInt", 1) { call throws(RenderError) in .int(try call.convertedInteger()) },
    ExpressionFunction("float", 1) { call throws(RenderError) in .double(try call.convertedNumber()) },
    ExpressionFunction("asFloat", 1) { call throws(RenderError) in .double(try call.convertedNumber()) },
    ExpressionFunction("string", 1) { call throws(RenderError) in .string(call[0].text) },
    ExpressionFunction("toJSON", 1) { call throws(RenderError) in .string(goJSON(call[0], indent: 2)) },
    ExpressionFunction("toJson", 1) { call throws(RenderError) in .string(goJSON(call[0])) },
    ExpressionFunction("fromJSON", 1) { call throws(RenderError) in try call.parsedJSON(0) },
    ExpressionFunction("toBase64", 1) { call throws(RenderError) in .string(base64(try call.bytes(0))) },
    ExpressionFunction("fromBase64", 1) { call throws(RenderError) in
      guard let bytes = bytes(base64: try call.string(0)) else { throw call.failure("the text is not base64") }
      return .string(String(decoding: bytes, as: UTF8.self))
    },
    ExpressionFunction("jsonpath", 2) { call throws(RenderError) in
      let document = try call.parsedJSON(0)
      return try call.parsedPath(1).value(in: document, budget: &call.budget)
    },
  ]
}

extension FunctionCall {
  fileprivate func convertedInteger() throws(RenderError) -> Int64 {
    switch self[0] {
    case .int(let integer): return integer
    case .double(let double) where !double.isNaN: return Int64(saturating: double)
    case .duration(let duration): return duration.nanoseconds
    case .string(let text):
      guard let integer = Int64(text) else { throw failure("'\(text)' is not an integer") }
      return integer
    default: throw failure("\(self[0].typeName) cannot become an integer")
    }
  }

  fileprivate func convertedNumber() throws(RenderError) -> Double {
    guard case .string(let text) = self[0] else { return try number(0) }
    guard let number = Double(text) else { throw failure("'\(text)' is not a number") }
    return number
  }

  fileprivate func parsedPath(_ index: Int) throws(RenderError) -> JSONPath {
    let text = try string(index)
    do {
      return try JSONPath(parsing: text)
    } catch {
      throw failure("the path '\(text)' cannot be read: \(error)")
    }
  }

  func parsedJSON(_ index: Int) throws(RenderError) -> Operand {
    let text = try string(index)
    do {
      return Operand(try Value(json: text))
    } catch {
      throw failure("the text is not JSON: \(error)")
    }
  }
}

/// JSON as Go's `encoding/json` writes it: keys sorted, and `<`, `>`, `&` escaped unless `escapesMarkup` is false.
func goJSON(_ operand: Operand, indent: Int? = nil, escapesMarkup: Bool = true) -> String {
  let text = operand.value.jsonText(indent: indent, sortedKeys: true)
  guard escapesMarkup, text.unicodeScalars.contains(where: { $0 == "<" || $0 == ">" || $0 == "&" }) else { return text }
  // Outside strings JSON has none of these characters.
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "<": escaped += "\\u003c"
    case ">": escaped += "\\u003e"
    case "&": escaped += "\\u0026"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
