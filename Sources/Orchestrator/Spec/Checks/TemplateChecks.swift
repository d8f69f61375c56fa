import WorkflowCore

/// Each template is of exactly one kind and has what this kind needs.
struct TemplateChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    for template in workflow.templates {
      check(template)
      for call in template.calls.flatMap({ $0 }) {
        if let inline = call.inline { check(TemplateOutline(inline)) }
      }
    }
  }

  private func check(_ template: TemplateOutline) {
    guard checkKind(template) else { return }
    switch template.kind {
    case "container": checkProgram(template, "container")
    case "script": checkProgram(template, "script")
    case "dag": checkDAG(template)
    default: break
    }
    checkLeafFields(template)
    checkOutputs(template)
  }

  private func label(_ template: TemplateOutline) -> String {
    template.name.value.isEmpty ? "this template" : "template '\(template.name.value)'"
  }

  private func checkKind(_ template: TemplateOutline) -> Bool {
    if template.kinds.count == 1 { return true }
    let list = TemplateOutline.kinds.joined(separator: ", ")
    guard template.kinds.count > 1 else {
      template.cursor.report(.missing, "\(label(template)) does nothing", hint: "give it one of: \(list)")
      return false
    }
    let names = template.kinds.map { "'\($0.value)'" }.joined(separator: " and ")
    template.cursor.report(
      .conflict, at: template.kinds[1].position, "\(label(template)) is of several kinds: \(names)",
      hint: "keep one of them")
    return false
  }

  private func checkProgram(_ template: TemplateOutline, _ key: String) {
    guard let program = template.cursor[key] else { return }
    let defaults = workflow.spec["templateDefaults"]?[key]
    if (program.text("image") ?? defaults?.text("image") ?? "").isEmpty {
      program.report(.missing, "the \(key) of \(label(template)) has no 'image'")
    }
  }

  private func checkDAG(_ template: TemplateOutline) {
    guard let dag = template.cursor["dag"], dag.list("tasks").isEmpty else { return }
    dag.report(.missing, "the dag of \(label(template)) has no tasks")
  }

  /// Fields that only templates which run something themselves may have, and the reverse.
  private func checkLeafFields(_ template: TemplateOutline) {
    for key in ["activeDeadlineSeconds", "timeout", "pendingTimeout"] where template.isComposite {
      guard let member = template.cursor.node.member(key) else { continue }
      template.cursor.report(
        .conflict, at: member.key.position, "'\(key)' has no meaning in a \(template.kind) template",
        hint: "set it in the templates that it calls")
    }
    if !template.isComposite, let member = template.cursor.node.member("parallelism") {
      template.cursor.report(
        .conflict, at: member.key.position, "'parallelism' has no meaning in a \(template.kind) template",
        hint: "set it in the steps or dag template that calls it, or in the spec")
    }
  }
}

// MARK: Outputs

extension TemplateChecks {
  private func checkOutputs(_ template: TemplateOutline) {
    for output in template.cursor["outputs"]?.list("parameters") ?? [] { check(output, of: template) }
  }

  private func check(_ output: SpecCursor, of template: TemplateOutline) {
    let name = output.text("name") ?? ""
    guard let source = output["valueFrom"] else {
      if output["value"] == nil {
        output.report(
          .missing, "the output parameter '\(name)' has no source",
          hint: "give it valueFrom: {\(expectedSource(template)): ...}")
      }
      return
    }
    if output["value"] != nil {
      output.report(.conflict, "the output parameter '\(name)' has both 'value' and 'valueFrom'")
    }
    let kinds = ["path", "parameter", "expression", "jsonPath", "jqFilter", "supplied"].filter {
      source[$0] != nil
    }
    guard kinds.count == 1 else {
      let problem = kinds.isEmpty ? "no source" : "several sources: " + kinds.joined(separator: ", ")
      return source.report(
        kinds.isEmpty ? .missing : .conflict, "the output parameter '\(name)' has \(problem)",
        hint: "give it one: \(expectedSource(template))")
    }
    checkSource(kinds[0], source, of: template)
  }

  private func expectedSource(_ template: TemplateOutline) -> String {
    allowedSources(template)?.joined(separator: " or ") ?? "path"
  }

  private func allowedSources(_ template: TemplateOutline) -> [String]? {
    switch template.kind {
    case "container", "script", "containerSet": ["path"]
    case "steps", "dag": ["parameter", "expression"]
    case "resource": ["jsonPath", "jqFilter"]
    default: nil
    }
  }

  private func checkSource(_ kind: String, _ source: SpecCursor, of template: TemplateOutline) {
    guard let allowed = allowedSources(template), !allowed.contains(kind) else { return }
    source.report(
      .invalidValue, "an output of a \(template.kind) template cannot come from '\(kind)'",
      hint: "use \(allowed.joined(separator: " or "))")
  }
}
