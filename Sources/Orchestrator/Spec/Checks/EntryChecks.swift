import WorkflowCore

/// What starts the workflow and what it is given: entrypoint, exit handler, hooks, arguments.
struct EntryChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    checkSchedules()
    guard !workflow.hasForeignTemplates else { return checkForeign() }
    checkEntrypoint()
    checkHandler("onExit")
    for hook in workflow.spec["hooks"]?.members ?? [] {
      CallChecks(workflow).checkHook(hook.value, named: hook.key)
    }
    checkArguments()
  }

  private func checkSchedules() {
    guard workflow.kind == .cronWorkflow else { return }
    for schedule in workflow.object["spec"]?.list("schedules") ?? [] {
      do throws(CronError) {
        _ = try CronSchedule(parsing: schedule.text)
      } catch {
        schedule.report(.invalidValue, error.description)
      }
    }
  }

  private func checkForeign() {
    if let templates = workflow.spec["templates"], !templates.node.elements.isEmpty {
      templates.report(.conflict, "'templates' cannot stand beside 'workflowTemplateRef'")
    }
  }

  private func checkEntrypoint() {
    if let given = workflow.submission.entrypoint {
      return checkGivenEntrypoint(given)
    }
    guard let entrypoint = workflow.spec["entrypoint"], !entrypoint.text.isEmpty else {
      guard workflow.isRunnable, workflow.spec["entrypoint"]?.node.scalar != nil || workflow.spec["entrypoint"] == nil
      else { return }
      let name = workflow.templateNames.first { !$0.isEmpty }
      return workflow.spec.report(
        .missing, "the spec has no 'entrypoint'", hint: name.map { "write 'entrypoint: \($0)'" })
    }
    checkTemplate(entrypoint)
  }

  private func checkGivenEntrypoint(_ name: String) {
    guard workflow.template(name) == nil else { return }
    workflow.spec.report(
      .unknownName, "the entrypoint '\(name)' is not a template of this file",
      hint: didYouMean(name, among: workflow.templateNames))
  }

  private func checkHandler(_ key: String) {
    guard let handler = workflow.spec[key], !handler.text.isEmpty else { return }
    checkTemplate(handler)
  }

  /// The template exists, and the workflow's own arguments give it all it needs.
  private func checkTemplate(_ cursor: SpecCursor) {
    guard let template = CallChecks(workflow).resolve(cursor) else { return }
    guard workflow.isRunnable else { return }
    let given = Set(workflow.parameterNames + workflow.submission.parameters.map(\.name))
    let artifacts = Set(
      workflow.spec["arguments"]?.list("artifacts").compactMap { $0.name("name")?.value } ?? [])
    for input in template.inputs where !input.isOptional && !given.contains(input.name.value) {
      cursor.report(
        .missing, at: cursor.position, "template '\(template.name.value)' needs the parameter '\(input.name.value)'",
        hint: "declare it in spec.arguments.parameters, or give the input a default")
    }
    for input in template.artifacts where !input.isOptional && !artifacts.contains(input.name.value) {
      cursor.report(
        .missing, at: cursor.position, "template '\(template.name.value)' needs the artifact '\(input.name.value)'",
        hint: "give it in spec.arguments.artifacts")
    }
  }
}

// MARK: Arguments of the workflow

extension EntryChecks {
  private func checkArguments() {
    let given = workflow.submission.parameters
    for parameter in workflow.spec["arguments"]?.list("parameters") ?? [] {
      guard let name = parameter.name("name") else { continue }
      checkSource(of: parameter)
      let value = given.last { $0.name == name.value }?.value ?? parameter.text("value")
      checkEnum(parameter, name, value: value)
      if value == nil, parameter["valueFrom"] == nil, parameter["default"] == nil {
        reportNoValue(parameter, name)
      }
    }
    reportUndeclared(given)
  }

  private func reportNoValue(_ parameter: SpecCursor, _ name: Located<String>) {
    guard workflow.submission.purpose == .run, workflow.kind == .workflow else { return }
    parameter.report(
      .missing, at: name.position, "parameter '\(name.value)' has no value",
      hint: "give it with -p \(name.value)=...")
  }

  private func checkSource(of parameter: SpecCursor) {
    guard let source = parameter["valueFrom"] else { return }
    for member in source.members where !["configMapKeyRef", "supplied", "event", "default"].contains(member.key.value) {
      source.report(
        .invalidValue, at: member.key.position,
        "a workflow's argument cannot take its value from '\(member.key.value)'",
        hint: "only configMapKeyRef and supplied are possible here")
    }
  }

  private func checkEnum(_ parameter: SpecCursor, _ name: Located<String>, value: String?) {
    guard let list = parameter["enum"] else { return }
    let allowed = list.elements.map(\.text)
    guard !allowed.isEmpty else {
      return list.report(.invalidValue, "'enum' of parameter '\(name.value)' allows nothing")
    }
    guard let value, !allowed.contains(value) else { return }
    (parameter["value"] ?? list).report(
      .invalidValue, "'\(value)' is not a value that parameter '\(name.value)' allows",
      hint: didYouMean(value, among: allowed) ?? "one of: " + allowed.joined(separator: ", "))
  }

  /// Argo takes parameters that no one declared; a misspelt one is then silently without effect.
  private func reportUndeclared(_ given: [ParameterValue]) {
    for parameter in given where !workflow.parameterNames.contains(parameter.name) {
      guard let hint = didYouMean(parameter.name, among: workflow.parameterNames) else { continue }
      (workflow.spec["arguments"] ?? workflow.spec).report(
        .unknownName, "-p \(parameter.name)=... is not a parameter of this workflow", hint: hint)
    }
  }
}
