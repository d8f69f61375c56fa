import OrderedCollections

/// A run as the texts of one place see it: the values of tags, and of the names in expressions.
///
/// Expressions see what tags see. Parameters, labels and the fields of an item are text there too, as in Argo
/// (`asInt(inputs.parameters.n)`); groups of them can be used as a whole.
struct ScopedRun: TagSource {
  let run: RunState
  let scope: Scope

  var now: Timestamp? { run.instant(of: scope) }

  func text(of reference: Reference) throws(RenderError) -> String { try run.lookUp(reference, in: scope) }

  func value(at path: [String]) throws(RenderError) -> Value? {
    switch path {
    case ["inputs", "parameters"]: return object(run.inputs(in: scope))
    case ["workflow", "parameters"]:
      return object(run.parameters).having(json: parameterList(run.parameters))
    case ["workflow", "labels"]: return object(run.workflow.metadata.labels).havingItselfAsJSON
    case ["workflow", "annotations"]: return object(run.workflow.metadata.annotations).havingItselfAsJSON
    case ["item"]: return try run.item(in: scope).asExpressionItem
    default: break
    }
    try checkStep(path)
    guard let reference = Reference(tag: path.joined(separator: ".")), reference.isSingle else { return nil }
    if reference.isArtifact { return try run.artifact(reference, in: scope) }
    return .string(try text(of: reference))
  }

  private func object(_ parameters: [ParameterValue]) -> Value {
    .object(OrderedDictionary(parameters.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 }))
  }

  private func object(_ texts: OrderedDictionary<String, String>) -> Value { .object(texts.mapValues(Value.string)) }

  /// `steps.NAME` leads on to what the step gave; a name that is no step's is an error, not nothing.
  private func checkStep(_ path: [String]) throws(RenderError) {
    guard path.count == 2, path[0] == "steps" || path[0] == "tasks", path[1] != "name" else { return }
    guard scope.frame.flatMap({ run.calls(of: run[$0]) })?.places[path[1]] != nil else {
      throw RenderError("there is no step or task '\(path[1])' here")
    }
  }
}

extension Reference {
  /// Names one value. The lists of parameters are groups to an expression, not text.
  fileprivate var isSingle: Bool {
    switch self {
    case .inputParameters, .workflowParameters, .sibling(_, .outputParameters): false
    default: true
    }
  }
}

extension Value {
  fileprivate var havingItselfAsJSON: Value { having(json: self) }

  /// The object with one more member `json`, which is text: that is how Argo gives the workflow's groups.
  fileprivate func having(json whole: Value) -> Value {
    guard var members = objectValue, members["json"] == nil else { return self }
    members["json"] = .string(whole.jsonText())
    return .object(members)
  }

  /// A loop item as Argo gives it to expressions: scalars, and the fields of a map, are text.
  fileprivate var asExpressionItem: Value {
    switch self {
    case .object(let members): .object(members.mapValues { .string($0.goText) })
    case .array: self
    default: .string(tagText)
    }
  }
}
