import WorkflowCore

/// An environment of a workflow: `inputs`, `steps`, `item`, and a step that gave nothing.
struct TestEnvironment: ExpressionEnvironment {
  var now: Timestamp? = Timestamp(milliseconds: 1_372_914_367_000)  // 2013-07-04T05:06:07Z

  func value(at path: [String]) throws(RenderError) -> Value? {
    switch path {
    case ["inputs", "parameters"]: return .object(["n": "3", "a-b": "x", "list": "[1, 2, 3]", "empty": ""])
    case ["steps", "done", "outputs", "result"]: return "heads"
    case ["steps", "done", "status"]: return "Succeeded"
    case ["steps", "skipped", "outputs", "parameters", "msg"]:
      throw RenderError("steps.skipped gave no msg", isAbsence: true)
    case ["steps", "broken", "status"]: throw RenderError("no step is named 'broken'")
    case ["item"]: return .object(["k": "v", "n": 2, "deep": .object(["list": .array([1, 2])])])
    case ["users"]:
      return .array([
        .object(["name": "Ann", "age": 42, "tags": .array(["a", "b"])]),
        .object(["name": "Bob", "age": 17, "tags": .array([])]),
        .object(["name": "Cy", "age": 25, "tags": .array(["b"])]),
      ])
    case ["none"]: return .null
    case ["data"]: return .array(["a.txt", "b.pdf", "main.log"])
    default: return nil
    }
  }
}

/// The value of an expression as JSON.
func evaluated(_ text: String, limits: ExpressionLimits = ExpressionLimits()) throws -> String {
  try Expression(parsing: text).value(in: TestEnvironment(), limits: limits).jsonText()
}

/// The message of the error that an expression ends in; nil if it does not.
func failure(of text: String, limits: ExpressionLimits = ExpressionLimits()) throws -> String? {
  do {
    _ = try Expression(parsing: text).value(in: TestEnvironment(), limits: limits)
    return nil
  } catch let error as RenderError {
    return error.message
  }
}
