import OrderedCollections
import WorkflowCore

extension WorkflowModelReader {
  func readTemplate(_ cursor: SpecCursor) -> Template? {
    let executor = executor(of: cursor)
    if executor == nil {
      (cursor["annotations"]?[ExecutorKind.annotation] ?? cursor).report(
        .invalidValue, "annotation \(ExecutorKind.annotation) names no executor",
        hint: "write 'process' or 'kubernetes'")
    }
    readsPod = executor == .kubernetes
    note(cursor, .template)
    guard let body = readBody(cursor) else { return nil }
    var annotations = OrderedDictionary<String, TemplateString>()
    for member in cursor["annotations"]?.members ?? [] {
      annotations[member.key.value] = text(member.value)
    }
    return Template(
      name: cursor.name("name") ?? Located("", at: cursor.position), inputs: readInputs(cursor["inputs"]),
      outputs: readOutputs(cursor["outputs"]), inputArtifacts: readArtifacts(cursor["inputs"], .input),
      outputArtifacts: readArtifacts(cursor["outputs"], .output), body: body,
      retryStrategy: cursor["retryStrategy"].map { readRetry($0) },
      activeDeadlineSeconds: text(cursor, "activeDeadlineSeconds"),
      timeout: text(cursor, "timeout"), pendingTimeout: text(cursor, "pendingTimeout"),
      parallelism: cursor.integer("parallelism"), failFast: cursor.flag("failFast") ?? false, annotations: annotations,
      volumes: cursor.list("volumes").compactMap { readVolume($0) }, pod: readsPod ? readTemplatePod(cursor) : nil)
  }

  /// Nil for kinds of templates that the engine has not; `note` has named them.
  private func readBody(_ cursor: SpecCursor) -> Template.Body? {
    if let container = cursor["container"] { return .container(readContainer(container)) }
    if let script = cursor["script"] {
      let source = text(script, "source") ?? TemplateString("", at: script.position)
      return .script(Script(container: readContainer(script), source: source))
    }
    if let steps = cursor["steps"] {
      return .steps(steps.elements.map { group in group.elements.map { readStep($0) } })
    }
    if let resource = cursor["resource"] { return readResource(resource).map { .resource($0) } }
    if let suspend = cursor["suspend"] { return .suspend(Suspension(duration: text(suspend, "duration"))) }
    return cursor["dag"].map { .dag(readDAG($0)) }
  }

  func readRetry(_ cursor: SpecCursor) -> RetryStrategy {
    note(cursor, .retry)
    let policy = cursor.text("retryPolicy").flatMap(RetryStrategy.Policy.init(rawValue:))
    if policy == nil, let given = cursor["retryPolicy"], !given.text.isEmpty {
      noteUnsupported("a retry policy with tags", given)
    }
    let expression = expression(cursor, "expression")
    return RetryStrategy(
      limit: text(cursor, "limit"), policy: policy ?? (expression == nil ? .onFailure : .always),
      backoff: cursor["backoff"].map { readBackoff($0) }, expression: expression)
  }

  private func readBackoff(_ cursor: SpecCursor) -> RetryStrategy.Backoff {
    RetryStrategy.Backoff(
      duration: text(cursor, "duration") ?? "0", factor: text(cursor, "factor"), cap: text(cursor, "cap"),
      maxDuration: text(cursor, "maxDuration"))
  }
}

// MARK: Inputs and outputs

extension WorkflowModelReader {
  /// The parameters of `inputs`, or of the workflow's own `arguments`.
  func readInputs(_ cursor: SpecCursor?) -> [Parameter] {
    guard let cursor else { return [] }
    note(cursor, .parameters)
    return cursor.list("parameters").map { parameter in
      note(parameter, .input)
      return Parameter(
        name: parameter.name("name") ?? Located("", at: parameter.position),
        value: text(parameter, "value"),
        defaultValue: parameter["valueFrom"].flatMap { text($0, "default") } ?? text(parameter, "default"),
        configMap: readConfigMapKey(parameter["valueFrom"]),
        allowedValues: parameter.list("enum").map(\.text), description: parameter.text("description"))
    }
  }

  private func readOutputs(_ cursor: SpecCursor?) -> [OutputParameter] {
    guard let cursor else { return [] }
    note(cursor, .parameters)
    return cursor.list("parameters").compactMap { output in
      note(output, .output)
      guard let source = readSource(output) else { return nil }
      return OutputParameter(
        name: output.name("name") ?? Located("", at: output.position), source: source,
        defaultValue: output["valueFrom"].flatMap { text($0, "default") } ?? text(output, "default"),
        globalName: text(output, "globalName"))
    }
  }

  private func readSource(_ output: SpecCursor) -> OutputParameter.Source? {
    guard let source = output["valueFrom"] else { return text(output, "value").map { .parameter($0) } }
    note(source, .outputSource)
    if let path = text(source, "path") { return .path(path) }
    if let path = text(source, "jsonPath") { return .object(.jsonPath(path)) }
    if let filter = text(source, "jqFilter") { return .object(.jqFilter(filter)) }
    if source["supplied"] != nil { return .supplied }
    if let expression = expression(source, "expression") { return .expression(expression) }
    return text(source, "parameter").map { .parameter($0) }
  }
}
