import WorkflowCore

/// Turns the templates of a spec into a plain list in which each call names its template: defaults are merged under them,
/// templates written in place get names, and those of other objects are taken in.
///
/// A template `echo` of the object `library` is called `library/echo`; one written in place in step `a` of `main` is
/// called `main.a`. No template can have such a name of its own.
final class TemplateExpansion {
  private let library: TemplateLibrary
  private let defaults: SpecNode?
  private let reportsMissing: Bool
  private let place: SpecCursor
  private var templates: [SpecNode] = []
  private var imported = Set<String>()
  /// The objects that were taken from, in order of first use.
  private(set) var used: [TemplateLibrary.Key] = []
  /// Whether every template that is referred to was there.
  private(set) var isComplete = true

  init(_ spec: SpecCursor, library: TemplateLibrary, reportsMissing: Bool) {
    self.library = library
    self.reportsMissing = reportsMissing
    defaults = spec["templateDefaults"]?.node
    place = spec
  }

  /// The spec with its templates expanded.
  func expanded() -> SpecCursor {
    for template in place.list("templates") { add(template.node, prefix: "") }
    var spec = place.node.removing(["templateDefaults"])
    if let hooks = spec["hooks"] { spec = spec.replacing("hooks", with: self.hooks(hooks, prefix: "")) }
    // Templates come after what calls them; they are listed in the order they were found.
    spec = spec.replacing("templates", with: SpecNode(.list(templates), at: place.position))
    return SpecCursor(spec, path: place.path, head: place.head, log: place.log, source: place.source)
  }

  private func add(_ written: SpecNode, prefix: String) {
    var template = withDefaults(written)
    let name = prefix + (template["name"]?.text ?? "")
    if !prefix.isEmpty { template = template.replacing("name", with: .text(name, at: template.position)) }
    let slot = templates.count
    templates.append(template)
    if let steps = template["steps"] {
      let groups = steps.elements.map { group in
        SpecNode(.list(group.elements.map { call($0, in: template, name, prefix) }), at: group.position)
      }
      templates[slot] = template.replacing("steps", with: SpecNode(.list(groups), at: steps.position))
    } else if let dag = template["dag"], let tasks = dag["tasks"] {
      let calls = tasks.elements.map { call($0, in: template, name, prefix) }
      let changed = dag.replacing("tasks", with: SpecNode(.list(calls), at: tasks.position))
      templates[slot] = template.replacing("dag", with: changed)
    }
  }

  /// A template over `spec.templateDefaults`; of what makes a kind of template, only the template's own kind counts.
  private func withDefaults(_ template: SpecNode) -> SpecNode {
    guard let defaults else { return template }
    let others = TemplateOutline.kinds.filter { template.member($0) == nil }
    return template.merged(over: defaults.removing(Set(others).union(["name"])))
  }

  // MARK: Calls

  private func call(_ written: SpecNode, in template: SpecNode, _ owner: String, _ prefix: String) -> SpecNode {
    var step = resolved(written, prefix: prefix)
    if let inline = step["inline"], !inline.isNull { step = lifted(inline, from: step, in: template, owner, prefix) }
    if let hooks = step["hooks"] { step = step.replacing("hooks", with: self.hooks(hooks, prefix: prefix)) }
    if !prefix.isEmpty, let handler = step["onExit"]?.text, !handler.isEmpty {
      step = step.replacing("onExit", with: .text(prefix + handler, at: step.position))
    }
    return step
  }

  private func hooks(_ hooks: SpecNode, prefix: String) -> SpecNode {
    let members = hooks.members.map { SpecNode.Member(key: $0.key, value: resolved($0.value, prefix: prefix)) }
    return SpecNode(.object(members), at: hooks.position)
  }

  /// A call whose `templateRef` has become the name under which that template is taken in.
  private func resolved(_ call: SpecNode, prefix: String) -> SpecNode {
    if let reference = call["templateRef"], !reference.isNull {
      guard let name = take(reference) else { return call.removing(["templateRef"]) }
      return call.removing(["templateRef"]).replacing("template", with: .text(name, at: reference.position))
    }
    guard !prefix.isEmpty, let name = call["template"]?.text, !name.isEmpty else { return call }
    return call.replacing("template", with: .text(prefix + name, at: call.position))
  }

  /// Takes a template of another object in; nil, with a diagnostic, where there is none.
  private func take(_ node: SpecNode) -> String? {
    let reference = SpecCursor(node, path: place.path, log: place.log, source: place.source)
    guard let key = TemplateLibrary.key(of: reference) else { return nil }
    let name = reference.text("template") ?? ""
    guard let object = library[key] else {
      isComplete = false
      if reportsMissing { reference.reportUnknown(key) }
      return nil
    }
    guard let template = object["spec"]?["templates"]?.elements.first(where: { $0["name"]?.text == name }) else {
      return missing(reference, "the \(key.kind.rawValue) '\(key.name)' has no template '\(name)'")
    }
    if !used.contains(key) { used.append(key) }
    let qualified = key.prefix + name
    if imported.insert(qualified).inserted {
      add(template, prefix: key.prefix)
      takeCallees(of: template, from: object, key)
    }
    return qualified
  }

  /// The templates of the same object that a taken template calls by name.
  private func takeCallees(of template: SpecNode, from object: SpecNode, _ key: TemplateLibrary.Key) {
    for name in calledNames(template) {
      guard imported.insert(key.prefix + name).inserted,
        let callee = object["spec"]?["templates"]?.elements.first(where: { $0["name"]?.text == name })
      else { continue }
      add(callee, prefix: key.prefix)
      takeCallees(of: callee, from: object, key)
    }
  }

  private func calledNames(_ template: SpecNode) -> [String] {
    let calls = (template["steps"]?.elements.flatMap(\.elements) ?? []) + (template["dag"]?["tasks"]?.elements ?? [])
    return calls.flatMap { call -> [String] in
      let hooks = call["hooks"]?.members.compactMap { $0.value["template"]?.text } ?? []
      let inline = call["inline"].map(calledNames) ?? []
      return [call["template"]?.text, call["onExit"]?.text].compactMap { $0 } + hooks + inline
    }
  }

  private func missing(_ reference: SpecCursor, _ message: String) -> String? {
    isComplete = false
    if reportsMissing {
      reference.report(.unknownName, message)
    }
    return nil
  }
}

// MARK: Templates written in place

extension TemplateExpansion {
  /// Gives the template of a call a name. It sees the inputs of the template it is written in: those it uses become
  /// inputs of its own.
  private func lifted(
    _ inline: SpecNode, from call: SpecNode, in template: SpecNode, _ owner: String, _ prefix: String
  ) -> SpecNode {
    let bare = String(owner.dropFirst(prefix.count)) + "." + (call["name"]?.text ?? "")
    let borrowed = inputsUsed(by: inline).filter {
      !inputNames(inline).contains($0) && inputNames(template).contains($0)
    }
    let position = inline.position
    var lifted = inline.replacing("name", with: .text(bare, at: position))
    if !borrowed.isEmpty {
      lifted = lifted.appending(borrowed.map { named($0, position) }, to: ["inputs", "parameters"])
    }
    add(lifted, prefix: prefix)
    let arguments = borrowed.map {
      named($0, position).replacing("value", with: .text("{{inputs.parameters.\($0)}}", at: position))
    }
    let step = call.removing(["inline"]).replacing("template", with: .text(prefix + bare, at: position))
    return arguments.isEmpty ? step : step.appending(arguments, to: ["arguments", "parameters"])
  }

  private func named(_ name: String, _ position: Position) -> SpecNode {
    SpecNode(.object([]), at: position).replacing("name", with: .text(name, at: position))
  }

  private func inputNames(_ template: SpecNode) -> [String] {
    template["inputs"]?["parameters"]?.elements.compactMap { $0["name"]?.text } ?? []
  }

  private func inputsUsed(by node: SpecNode) -> [String] {
    var names: [String] = []
    SpecCursor(node, log: DiagnosticLog(), source: place.source).forEachText { text in
      for case .inputParameter(let name) in text.templateString.references where !names.contains(name) {
        names.append(name)
      }
    }
    return names
  }
}

extension SpecNode {
  /// This object with elements added to the list at the end of `path`, whose parts are made where they are missing.
  fileprivate func appending(_ elements: [SpecNode], to path: [String]) -> SpecNode {
    guard let key = path.first else { return SpecNode(.list(self.elements + elements), at: position) }
    let empty = SpecNode(path.count == 1 ? .list([]) : .object([]), at: position)
    let child = self[key].flatMap { $0.isNull ? nil : $0 } ?? empty
    return replacing(key, with: child.appending(elements, to: Array(path.dropFirst())))
  }
}
