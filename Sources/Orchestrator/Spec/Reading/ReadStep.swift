import OrderedCollections
import WorkflowCore

extension WorkflowModelReader {
  func readDAG(_ cursor: SpecCursor) -> DAG {
    note(cursor, .dag)
    return DAG(
      tasks: cursor.list("tasks").map { DAGTask(step: readStep($0), depends: readDepends($0)) },
      target: readTarget(cursor["target"]), failFast: cursor.flag("failFast") ?? true)
  }

  private func readTarget(_ cursor: SpecCursor?) -> [Located<String>] {
    guard let cursor else { return [] }
    if !tags(in: cursor.text).isEmpty { noteUnsupported("a target with tags", cursor) }
    return cursor.text.split(separator: " ").map { Located(String($0), at: cursor.position) }
  }

  private func readDepends(_ cursor: SpecCursor) -> DependsExpression? {
    if let text = cursor.text("depends"), !text.isEmpty { return try? DependsExpression(parsing: text) }
    let names = cursor.list("dependencies").map(\.text)
    return names.isEmpty ? nil : DependsExpression(allOf: names)
  }

  func readStep(_ cursor: SpecCursor) -> Step {
    note(cursor, .step)
    let name = cursor.name("name") ?? Located("", at: cursor.position)
    for (place, what) in [(cursor["name"], "a name"), (cursor["template"], "a template")] {
      if let place, !tags(in: place.text).isEmpty { noteUnsupported("\(what) with tags", place) }
    }
    return Step(
      name: name, template: cursor.name("template") ?? Located("", at: cursor.position),
      arguments: readArguments(cursor["arguments"]), artifacts: readArtifacts(cursor["arguments"], .argument),
      when: readWhen(cursor["when"]),
      loop: readLoop(cursor), continueOn: readContinueOn(cursor["continueOn"]), onExit: readExitHandler(cursor))
  }

  /// `hooks.exit`, or the older `onExit`. Hooks that wait for an expression are not supported yet.
  private func readExitHandler(_ cursor: SpecCursor) -> ExitHandler? {
    for member in cursor["hooks"]?.members ?? [] where member.key.value != "exit" {
      noteUnsupported("a hook other than 'exit'", member.value, at: member.key.position)
    }
    if let exit = cursor["hooks"]?["exit"], let template = exit.name("template") {
      note(exit, .exitHandler)
      return ExitHandler(
        template: template, arguments: readArguments(exit["arguments"]),
        artifacts: readArtifacts(exit["arguments"], .argument))
    }
    return cursor.name("onExit").map { ExitHandler(template: $0) }
  }

  /// The template that `onExit` or `hooks.exit` of the spec names.
  func readExitTemplate(_ spec: SpecCursor) -> Located<String>? {
    for member in spec["hooks"]?.members ?? [] where member.key.value != "exit" {
      noteUnsupported("a hook other than 'exit'", member.value, at: member.key.position)
    }
    if let exit = spec["hooks"]?["exit"] {
      note(exit, .exitTemplate)
      if let template = exit.name("template") { return template }
    }
    return spec.name("onExit")
  }

  private func readArguments(_ cursor: SpecCursor?) -> [Argument] {
    guard let cursor else { return [] }
    note(cursor, .parameters)
    return cursor.list("parameters").map { argument in
      note(argument, .argument)
      return Argument(
        name: argument.name("name") ?? Located("", at: argument.position),
        value: text(argument, "value") ?? TemplateString("", at: argument.position))
    }
  }

  private func readWhen(_ cursor: SpecCursor?) -> WhenExpression? {
    cursor.flatMap { try? WhenExpression(text($0)) }
  }

  private func readContinueOn(_ cursor: SpecCursor?) -> ContinueOn {
    var result: ContinueOn = []
    if cursor?.flag("failed") ?? false { result.insert(.failed) }
    if cursor?.flag("error") ?? false { result.insert(.error) }
    return result
  }
}

// MARK: Loops

extension WorkflowModelReader {
  private func readLoop(_ cursor: SpecCursor) -> Loop? {
    if let items = cursor["withItems"] { return .items(items.elements.map { readItem($0) }) }
    if let parameter = cursor["withParam"] { return .parameter(text(parameter)) }
    guard let sequence = cursor["withSequence"] else { return nil }
    return .sequence(
      Loop.Sequence(
        start: text(sequence, "start"), end: text(sequence, "end"), count: text(sequence, "count"),
        format: sequence.text("format")))
  }

  func readItem(_ cursor: SpecCursor) -> ItemTemplate {
    switch cursor.node.content {
    case .list: return .list(cursor.elements.map { readItem($0) })
    case .object(let members):
      return .map(
        members.map { (key: $0.key.value, value: readItem(cursor.cursor(to: $0))) })
    case .scalar(let scalar):
      if case .string = scalar.value { return .text(text(cursor)) }
      return .scalar(scalar.value)
    }
  }
}
