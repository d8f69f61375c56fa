import WorkflowCore

/// Every `{{tag}}` will have a value where it stands.
struct ReferenceChecks {
  private let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    for template in workflow.templates { check(template, within: ReferenceScope(workflow: workflow)) }
    for key in ["retryStrategy", "hooks"] {
      workflow.spec[key]?.forEachText { _ = ExpressionChecks.references(inField: $0) }
    }
  }

  /// - Parameter outer: what an inline template sees of the step it is written in.
  private func check(_ template: TemplateOutline, within outer: ReferenceScope) {
    var scope = outer
    scope.inputs += template.inputs.map(\.name.value)
    scope.artifacts += template.artifacts.map(\.name.value)
    let body = template.isDAG ? "dag" : "steps"
    check(template.cursor, skipping: [body, "outputs"], scope)
    if template.isComposite {
      scope.siblings = siblings(of: template)
      scope.item = .none
    }
    if let outputs = template.cursor["outputs"] { check(outputs, scope) }
    guard template.isComposite else { return }
    if template.isDAG { checkTasks(template, scope) } else { checkSteps(template, scope) }
  }

  private func siblings(of template: TemplateOutline) -> ReferenceScope.Siblings {
    let calls = template.calls.flatMap { $0 }
    var index: [String: Int] = [:]
    for (position, call) in calls.enumerated() where index[call.name.value] == nil {
      index[call.name.value] = position
    }
    return ReferenceScope.Siblings(word: template.scopeWord, calls: calls, index: index)
  }

  private func checkSteps(_ template: TemplateOutline, _ scope: ReferenceScope) {
    var scope = scope
    var ended = 0
    for group in template.calls {
      scope.siblings?.isVisible = { [ended] in $0 < ended }
      for call in group { check(call, scope) }
      ended += group.count
    }
  }

  private func checkTasks(_ template: TemplateOutline, _ scope: ReferenceScope) {
    let graph = TaskGraph(template)
    var search = AncestorSearch(graph)
    if let target = template.cursor["dag"]?["target"] { check(target, scope) }
    for (position, task) in graph.tasks.enumerated() {
      var scope = scope
      let visible = visibleTasks(for: position, task, in: graph, &search)
      scope.siblings?.isVisible = { visible.contains($0) }
      check(task, scope)
    }
  }

  /// Of the tasks that a task mentions, those it waits for.
  private func visibleTasks(
    for position: Int, _ task: CallOutline, in graph: TaskGraph, _ search: inout AncestorSearch
  ) -> Set<Int> {
    var visible = Set<Int>()
    task.cursor.forEachText { text in
      for tag in tags(in: text.text) where tag.name.hasPrefix("tasks.") {
        let name = tag.name.dropFirst("tasks.".count).prefix { $0 != "." }
        guard let other = graph.index[String(name)], !visible.contains(other) else { continue }
        if search.task(position, waitsFor: other) { visible.insert(other) }
      }
    }
    return visible
  }

  private func check(_ call: CallOutline, _ scope: ReferenceScope) {
    var scope = scope
    scope.item = item(of: call.cursor)
    check(call.cursor, skipping: ["hooks", "inline", "withItems", "withParam", "withSequence"], scope)
    var hookScope = scope
    hookScope.ownName = call.name.value
    if let hooks = call.cursor["hooks"] { check(hooks, hookScope) }
    if let inline = call.inline { check(TemplateOutline(inline), within: scope) }
    // What is looped over is known before there is an item.
    scope.item = .none
    for key in ["withItems", "withParam", "withSequence"] {
      if let loop = call.cursor[key] { check(loop, scope) }
    }
  }

  private func item(of call: SpecCursor) -> ReferenceScope.Item {
    if call["withParam"] != nil { return .any }
    if call["withSequence"] != nil { return .scalar }
    guard let items = call["withItems"] else { return .none }
    var keys: [String] = []
    for item in items.elements {
      if !tags(in: item.text).isEmpty { return .any }
      keys += item.node.members.map(\.key.value)
      if case .list(let elements) = item.node.content { keys += elements.indices.map { "[\($0)]" } }
    }
    return keys.isEmpty ? .scalar : .keys(keys)
  }

  private func check(_ cursor: SpecCursor, skipping: Set<String> = [], _ scope: ReferenceScope) {
    cursor.forEachText(skipping: skipping) { text in
      for tag in tags(in: text.text) where !text.log.isFull {
        let names =
          tag.isExpression ? ExpressionChecks.references(in: tag, of: text).compactMap(\.checkedName) : [tag.name]
        for name in names {
          if let problem = scope.problem(with: name) { report(problem, in: text, at: text.position(of: tag.source)) }
        }
      }
      for reference in ExpressionChecks.references(inField: text) {
        guard let problem = reference.checkedName.flatMap({ scope.problem(with: $0) }) else { continue }
        report(problem, in: text, at: text.position(ofCharacter: reference.offset))
      }
    }
  }

  /// The position is asked for only when there is something to show: finding it searches the file.
  private func report(_ problem: ReferenceScope.Problem, in text: SpecCursor, at position: Position) {
    text.report(.reference, severity: problem.severity, at: position, problem.message, hint: problem.hint)
  }
}
