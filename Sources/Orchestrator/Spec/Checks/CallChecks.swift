import WorkflowCore

/// Each step or task calls one template that exists and gives it what it needs.
struct CallChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    for template in workflow.templates { check(template) }
  }

  private func check(_ template: TemplateOutline) {
    for call in template.calls.flatMap({ $0 }) {
      checkTarget(of: call, template.isDAG ? "task" : "step")
      checkLoop(of: call)
      checkArguments(of: call)
      for hook in call.cursor["hooks"]?.members ?? [] { checkHook(hook.value, named: hook.key) }
      if let handler = call.cursor["onExit"], !handler.text.isEmpty { _ = resolve(handler) }
      if let inline = call.inline { check(TemplateOutline(inline)) }
    }
  }

  /// The template a name stands for; nil, with a diagnostic, when there is none.
  func resolve(_ cursor: SpecCursor) -> TemplateOutline? {
    let name = cursor.text
    if let template = workflow.template(name) { return template }
    guard !workflow.hasForeignTemplates, tags(in: name).isEmpty else { return nil }
    let owner = cursor.path.lastKey == "template" ? "" : "'\(cursor.path.lastKey ?? "")' names "
    let message =
      owner.isEmpty ? "'\(name)' is not a template" : "\(owner)'\(name)', which is not a template"
    cursor.report(.unknownName, message, hint: templateHint(name))
    return nil
  }

  private func templateHint(_ name: String) -> String? {
    let known = workflow.templateNames.filter { !$0.isEmpty }
    if let hint = didYouMean(name, among: known) { return hint }
    guard !known.isEmpty, known.count <= 8 else { return nil }
    return "templates of this workflow: " + known.joined(separator: ", ")
  }

  private func checkTarget(of call: CallOutline, _ word: String) {
    let ways = ["template", "templateRef", "inline"].filter { call.cursor[$0] != nil }
    guard ways.count == 1 else {
      let label = "\(word) '\(call.name.value)'"
      return call.cursor.report(
        ways.isEmpty ? .missing : .conflict,
        ways.isEmpty ? "\(label) calls no template" : "\(label) has " + ways.joined(separator: " and "),
        hint: "give it one of: template, templateRef, inline")
    }
    if let reference = call.cursor["templateRef"] { checkReference(reference) }
    guard let cursor = call.cursor["template"] else { return checkInputs(of: call, call.inline) }
    if let template = resolve(cursor) { checkInputs(of: call, template.cursor) }
  }

  private func checkReference(_ reference: SpecCursor) {
    for key in ["name", "template"] where (reference.text(key) ?? "").isEmpty {
      reference.report(.missing, "a templateRef needs '\(key)'")
    }
  }

  private func checkInputs(of call: CallOutline, _ cursor: SpecCursor?) {
    guard let cursor else { return }
    let template = TemplateOutline(cursor)
    let name = template.name.value.isEmpty ? "the inline template" : "template '\(template.name.value)'"
    let given = Set(call.arguments.compactMap { $0.name("name")?.value })
    for input in template.inputs where !input.isOptional && !given.contains(input.name.value) {
      report(call, "\(name) needs the parameter '\(input.name.value)'", "arguments.parameters")
    }
    let artifacts = Set(call.artifacts.compactMap { $0.name("name")?.value })
    for input in template.artifacts where !input.isOptional && !artifacts.contains(input.name.value) {
      report(call, "\(name) needs the artifact '\(input.name.value)'", "arguments.artifacts")
    }
    reportUnused(call, given: given, template, name)
  }

  private func report(_ call: CallOutline, _ message: String, _ place: String) {
    call.cursor.report(
      .missing, at: call.name.position, message, hint: "add it to \(place) of '\(call.name.value)'")
  }

  /// Argo ignores arguments that nobody asked for.
  private func reportUnused(
    _ call: CallOutline, given: Set<String>, _ template: TemplateOutline, _ label: String
  ) {
    let known = template.inputs.map(\.name.value)
    for argument in call.arguments {
      guard let name = argument.name("name"), !known.contains(name.value) else { continue }
      argument.report(
        .unknownName, severity: .warning, at: name.position,
        "\(label) has no input parameter '\(name.value)'", hint: didYouMean(name.value, among: known))
    }
  }

  private func checkArguments(of call: CallOutline) {
    for argument in call.arguments where argument["value"] == nil && argument["valueFrom"] == nil {
      guard let name = argument.name("name") else { continue }
      argument.report(.missing, at: name.position, "the argument '\(name.value)' has no value")
    }
  }

  private func checkLoop(of call: CallOutline) {
    let loops = call.cursor.members.map(\.key).filter {
      ["withItems", "withParam", "withSequence"].contains($0.value)
    }
    if loops.count > 1 {
      call.cursor.report(
        .conflict, at: loops[1].position, "'\(loops[1].value)' cannot stand beside '\(loops[0].value)'")
    }
    guard let sequence = call.cursor["withSequence"] else { return }
    if sequence["count"] != nil, sequence["end"] != nil {
      sequence.report(.conflict, "'count' and 'end' cannot both be given")
    } else if sequence["count"] == nil, sequence["end"] == nil {
      sequence.report(.missing, "a sequence needs 'count' or 'end'")
    }
  }

  func checkHook(_ hook: SpecCursor, named name: Located<String>) {
    if name.value != "exit", (hook.text("expression") ?? "").isEmpty {
      hook.report(.missing, at: name.position, "the hook '\(name.value)' has no 'expression'")
    }
    if let template = hook["template"], !template.text.isEmpty { _ = resolve(template) }
  }
}
