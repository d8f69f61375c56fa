import WorkflowCore

/// Which names a `{{tag}}` can use at one place of a workflow.
struct ReferenceScope {
  /// What `item` is there.
  enum Item {
    case none
    /// Known only when it runs.
    case any
    case scalar
    case keys([String])
  }

  /// Steps or tasks of the same template.
  struct Siblings {
    /// `steps` or `tasks`.
    let word: String
    /// All of them, in the order of the file.
    let calls: [CallOutline]
    /// The position of the first of each name.
    let index: [String: Int]
    /// Those that have ended before the text is read; nil for all.
    var isVisible: (@Sendable (Int) -> Bool)?
  }

  let workflow: WorkflowOutline
  var inputs: [String] = []
  var artifacts: [String] = []
  var siblings: Siblings?
  var item: Item = .none
  /// The name of the step itself, where its own outcome is known (in its exit hook).
  var ownName: String?

  struct Problem {
    let message: String
    var hint: String?
    var severity: Diagnostic.Severity = .error
  }

  /// Why the tag will have no value; nil when it will, or when it is none of ours.
  func problem(with name: String) -> Problem? {
    let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch words[0] {
    case "inputs": return input(words)
    case "workflow": return workflowVariable(words)
    case "steps", "tasks": return sibling(words)
    case "item": return itemProblem(words)
    case "pod": return name == "pod.name" ? nil : Problem(message: "'\(name)' is not known", hint: "write pod.name")
    default: return misspelling(of: words, name)
    }
  }

  /// Unknown tags are left as they are; one that is nearly a name of ours was probably meant to be it.
  private func misspelling(of words: [String], _ name: String) -> Problem? {
    let scopes = ["inputs", "outputs", "workflow", "steps", "tasks"]
    guard words.count > 1, !scopes.contains(words[0]), let meant = nearestName(to: words[0], among: scopes)
    else { return nil }
    let whole = ([meant] + words.dropFirst()).joined(separator: ".")
    return Problem(
      message: "'\(name)' is no variable and stays as it is", hint: "did you mean '\(whole)'?",
      severity: .warning)
  }

  private func unknown(_ message: String, _ word: String, _ known: [String]) -> Problem {
    let list = known.isEmpty || known.count > 8 ? nil : "known: " + known.joined(separator: ", ")
    return Problem(message: message, hint: didYouMean(word, among: known) ?? list)
  }

  private func input(_ words: [String]) -> Problem? {
    guard words.count > 1 else { return Problem(message: "'inputs' alone has no value") }
    switch words[1] {
    case "parameters":
      guard words.count > 2 else { return nil }
      let name = words[2...].joined(separator: ".")
      guard !inputs.contains(name) else { return nil }
      return unknown("'\(name)' is not an input parameter of this template", name, inputs)
    case "artifacts":
      guard words.count > 2, !artifacts.contains(words[2]) else { return nil }
      return unknown("'\(words[2])' is not an input artifact of this template", words[2], artifacts)
    default: return unknown("'inputs.\(words[1])' is not known", words[1], ["parameters", "artifacts"])
    }
  }

  private func itemProblem(_ words: [String]) -> Problem? {
    let key = words.dropFirst().joined(separator: ".")
    switch item {
    case .none:
      return Problem(
        message: "'item' is only known to a step or task with a loop",
        hint: "pass it on: give the template an input parameter with the value '{{item}}'")
    case .any: return nil
    case .scalar:
      return key.isEmpty ? nil : Problem(message: "the items of this loop have no '\(key)': they are not objects")
    case .keys(let keys):
      guard !key.isEmpty, !keys.contains(words[1]), !keys.contains(key) else { return nil }
      return unknown("no item of this loop has '\(key)'", key, keys)
    }
  }
}

// MARK: Siblings

extension ReferenceScope {
  private func sibling(_ words: [String]) -> Problem? {
    if words.count == 2, words[1] == "name" { return nil }
    guard words.count > 1 else { return Problem(message: "'\(words[0])' alone has no value") }
    guard let siblings else {
      return Problem(
        message: "'\(words[0]).\(words[1])' is only known inside the \(words[0] == "steps" ? "steps" : "dag") template",
        hint: "pass it on: give this template an input parameter")
    }
    guard siblings.word == words[0] else {
      return Problem(
        message: "this template has \(siblings.word), not \(words[0])",
        hint: "write '\(siblings.word).\(words[1...].joined(separator: "."))'")
    }
    guard let index = siblings.index[words[1]] else { return unknownSibling(words[1], siblings) }
    if let problem = invisible(words[1], index, siblings) { return problem }
    return outcome(Array(words[2...]), of: siblings.calls[index])
  }

  private func unknownSibling(_ name: String, _ siblings: Siblings) -> Problem? {
    // Names with tags are known when they are replaced.
    guard siblings.calls.allSatisfy({ tags(in: $0.name.value).isEmpty }) else { return nil }
    let word = siblings.word == "steps" ? "step" : "task"
    return unknown("'\(name)' is not a \(word) of this template", name, siblings.calls.map(\.name.value))
  }

  private func invisible(_ name: String, _ index: Int, _ siblings: Siblings) -> Problem? {
    guard let isVisible = siblings.isVisible, name != ownName, !isVisible(index) else { return nil }
    return siblings.word == "steps"
      ? Problem(
        message: "step '\(name)' has not ended when this is needed",
        hint: "put this step into a later group: begin it with '- - '")
      : Problem(
        message: "this task does not wait for '\(name)'", hint: "add '\(name)' to its dependencies")
  }

  private func outcome(_ words: [String], of call: CallOutline) -> Problem? {
    guard let first = words.first else { return Problem(message: "'\(call.name.value)' alone has no value") }
    let known = ["id", "ip", "status", "startedAt", "finishedAt", "exitCode", "hostNodeName", "outputs"]
    guard first == "outputs" else {
      return known.contains(first)
        ? nil : unknown("a step has no '\(words.joined(separator: "."))'", first, known)
    }
    guard words.count > 1 else { return Problem(message: "'outputs' alone has no value") }
    switch words[1] {
    case "result", "exitCode": return nil
    case "parameters": return output(Array(words[2...]), "parameter", of: call) { $0.outputs }
    case "artifacts": return output(Array(words[2...]), "artifact", of: call) { $0.outputArtifacts }
    default:
      return unknown(
        "'outputs.\(words[1])' is not known", words[1], ["result", "parameters", "artifacts"])
    }
  }

  private func output(
    _ words: [String], _ word: String, of call: CallOutline, _ list: (TemplateOutline) -> [Located<String>]
  ) -> Problem? {
    guard let name = words.first, let template = calledTemplate(of: call) else { return nil }
    let known = list(template).map(\.value)
    guard !known.contains(words.joined(separator: ".")), !known.contains(name) else { return nil }
    let label =
      template.name.value.isEmpty ? "the template of '\(call.name.value)'" : "template '\(template.name.value)'"
    return unknown("\(label) has no output \(word) '\(name)'", name, known)
  }

  private func calledTemplate(of call: CallOutline) -> TemplateOutline? {
    if let inline = call.inline { return TemplateOutline(inline) }
    return call.template.flatMap { workflow.template($0.value) }
  }
}

// MARK: The workflow

extension ReferenceScope {
  private static let variables = [
    "name", "namespace", "uid", "mainEntrypoint", "serviceAccountName", "priority", "duration", "status",
    "failures", "creationTimestamp", "scheduledTime", "parameters", "labels", "annotations", "outputs",
  ]

  private func workflowVariable(_ words: [String]) -> Problem? {
    guard words.count > 1 else { return Problem(message: "'workflow' alone has no value") }
    let rest = words.dropFirst(2).joined(separator: ".")
    switch words[1] {
    case "parameters": return workflowParameter(rest)
    case "labels": return metadata("label", rest, workflow.submission.labels)
    case "annotations": return metadata("annotation", rest, [])
    case "outputs": return globalOutput(words)
    default:
      guard !Self.variables.contains(words[1]) else { return nil }
      return unknown("'workflow.\(words[1])' is not known", words[1], Self.variables)
    }
  }

  private func workflowParameter(_ name: String) -> Problem? {
    guard !name.isEmpty, name != "json", workflow.isRunnable, !workflow.hasForeignTemplates else { return nil }
    let known = workflow.parameterNames + workflow.submission.parameters.map(\.name)
    guard !known.contains(name) else { return nil }
    return unknown("the workflow has no parameter '\(name)'", name, known)
  }

  private func metadata(_ word: String, _ name: String, _ added: [String]) -> Problem? {
    guard !name.isEmpty, name != "json", workflow.isRunnable, !workflow.hasForeignTemplates else { return nil }
    // Labels of these domains are set while the workflow runs.
    guard !name.hasPrefix("workflows.argoproj.io/") else { return nil }
    let own = workflow.object["metadata"]?["\(word)s"]?.node.members.map(\.key.value) ?? []
    let wide = workflow.spec["workflowMetadata"]
    let more = ["\(word)s", "labelsFrom"].flatMap { wide?[$0]?.node.members.map(\.key.value) ?? [] }
    let known = own + more + added
    guard !known.contains(name) else { return nil }
    return unknown("the workflow has no \(word) '\(name)'", name, known)
  }

  /// Some template of the workflow must give it that `globalName`.
  private func globalOutput(_ words: [String]) -> Problem? {
    guard words.count > 3, !workflow.hasForeignTemplates else { return nil }
    var known: [String] = []
    for template in workflow.templates {
      for output in template.cursor["outputs"]?.list(words[2]) ?? [] {
        if let name = output.text("globalName"), !name.isEmpty { known.append(name) }
      }
      let foreign = template.calls.contains { $0.contains { $0.cursor["templateRef"] != nil } }
      if foreign { return nil }
    }
    guard !known.contains(words[3]), !known.contains(where: { !tags(in: $0).isEmpty }) else { return nil }
    return unknown("no template has an output with globalName '\(words[3])'", words[3], known)
  }
}
