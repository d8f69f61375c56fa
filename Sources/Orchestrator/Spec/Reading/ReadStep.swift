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
      when: readWhen(cursor["when"]), loop: readLoop(cursor), continueOn: readContinueOn(cursor["continueOn"]),
      onExit: readExitHandler(cursor), hooks: readHooks(cursor))
  }

  /// `hooks.exit`, or the older `onExit`, of a step or of the spec.
  func readExitHandler(_ cursor: SpecCursor) -> ExitHandler? {
    if let exit = cursor["hooks"]?["exit"], let template = exit.name("template") {
      note(exit, .hook)
      return ExitHandler(
        template: template, arguments: readArguments(exit["arguments"]),
        artifacts: readArtifacts(exit["arguments"], .argument), expression: expression(exit, "expression"))
    }
    return cursor.name("onExit").map { ExitHandler(template: $0) }
  }

  /// The hooks of a step or of the spec that wait for a condition.
  func readHooks(_ cursor: SpecCursor) -> [LifecycleHook] {
    (cursor["hooks"]?.members ?? []).compactMap { member in
      let name = member.key.value
      guard name != "exit", let hook = cursor["hooks"]?[name] else { return nil }
      note(hook, .hook)
      guard let template = hook.name("template"), let condition = expression(hook, "expression") else { return nil }
      return LifecycleHook(
        name: name, template: template, arguments: readArguments(hook["arguments"]),
        artifacts: readArtifacts(hook["arguments"], .argument), expression: condition)
    }
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
