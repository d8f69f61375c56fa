import OrderedCollections

// Where artifacts come from and where they go. What moves them is the executor.

/// What a call hands to a template.
struct CallInputs: Sendable {
  var parameters: [ParameterValue] = []
  var artifacts: [ArtifactValue] = []
}

extension RunState {
  /// What the workflow itself hands to its entrypoint and its exit handler.
  var workflowInputs: Result<CallInputs, RenderError> {
    do throws(RenderError) {
      return .success(CallInputs(parameters: parameters, artifacts: try handedOver(workflow.spec.artifacts, Scope())))
    } catch {
      return .failure(error)
    }
  }

  /// The rendered arguments of a call.
  func callInputs(
    _ arguments: [Argument], _ artifacts: [Artifact], of template: String, in scope: Scope
  ) -> Result<CallInputs, RenderError> {
    do throws(RenderError) {
      return .success(
        CallInputs(
          parameters: try self.arguments(arguments, of: template, in: scope).get(),
          artifacts: try handedOver(artifacts, scope)))
    } catch {
      return .failure(error)
    }
  }

  /// Artifacts as a call names them. One that is absent is left out: whether that is wrong, the called template says.
  private func handedOver(_ artifacts: [Artifact], _ scope: Scope) throws(RenderError) -> [ArtifactValue] {
    var values: [ArtifactValue] = []
    for artifact in artifacts {
      do throws(RenderError) {
        guard let location = try location(of: artifact, in: scope) else { continue }
        values.append(ArtifactValue(name: artifact.name.value, location: location))
      } catch {
        guard error.isAbsence else { throw error }
      }
    }
    return values
  }

  /// The artifacts a template takes: those handed over, else those whose place it names itself.
  func bind(
    _ declared: [Artifact], _ given: [ArtifactValue], in scope: Scope
  ) throws(RenderError) -> [ArtifactValue] {
    var bound: [ArtifactValue] = []
    for artifact in declared {
      let name = artifact.name.value
      var found = given[name]
      if found == nil { found = try location(of: artifact, in: scope) }
      if let location = found {
        bound.append(ArtifactValue(name: name, location: location))
      } else if !artifact.isOptional {
        throw RenderError("inputs.artifacts.\(name) was not supplied")
      }
    }
    return bound
  }

  /// Where an artifact is kept; nil when it does not say.
  private func location(of artifact: Artifact, in scope: Scope) throws(RenderError) -> Value? {
    guard let found = try place(of: artifact, in: scope) else { return nil }
    guard let subPath = artifact.subPath else { return found }
    return try found.below(try render(subPath, in: scope))
  }

  private func place(of artifact: Artifact, in scope: Scope) throws(RenderError) -> Value? {
    switch artifact.source {
    case nil: return nil
    case .location(let location): return try render(location, in: scope)
    case .reference(let text):
      guard text.segments.count == 1, case .reference(let reference) = text.segments[0] else {
        throw RenderError("'\(text.source)' does not name an artifact")
      }
      return try self.artifact(reference, in: scope)
    case .expression(let expression):
      let value = try expression.value(in: ScopedRun(run: self, scope: scope))
      if value == .null { throw RenderError("'\(expression.source)' has no value (it is nil)", isAbsence: true) }
      guard case .object = value else {
        throw RenderError("'\(expression.source)' gives no artifact but \(value.goText.prefix(80))")
      }
      return value
    }
  }

  /// The place of the artifact that a tag names.
  func artifact(_ reference: Reference, in scope: Scope) throws(RenderError) -> Value {
    switch reference {
    case .inputArtifact(let name):
      let owner = scope.frame ?? scope.node
      guard let location = owner.flatMap({ self[$0].inputArtifacts[name] }) else {
        throw RenderError("inputs.artifacts.\(name) was not supplied", isAbsence: true)
      }
      return location
    case .workflowOutputArtifact(let name):
      guard let location = globalArtifacts[name] else {
        throw RenderError("workflow.outputs.artifacts.\(name) is not there yet", isAbsence: true)
      }
      return location
    case .sibling(let name, .outputArtifact(let artifact)):
      let text = try siblingValue(.outputArtifact(artifact), of: name, in: scope)
      guard let location = try? Value(json: text) else { throw RenderError("'\(text)' is no artifact") }
      return location
    default: throw RenderError("this names no artifact")
    }
  }

  /// `inputs.artifacts.NAME.path` and `outputs.artifacts.NAME.path` of the template that runs.
  func artifactPath(_ name: String, isInput: Bool, in scope: Scope) throws(RenderError) -> String {
    let declared = scope.node.flatMap { self.template(of: self[$0]) }
      .map { isInput ? $0.inputArtifacts : $0.outputArtifacts }
    guard let artifact = declared?.first(where: { $0.name.value == name }), let path = artifact.path else {
      throw RenderError("\(isInput ? "inputs" : "outputs").artifacts.\(name).path is not declared")
    }
    return try render(path, in: scope)
  }
}

extension Reference {
  /// Names an artifact, not a text.
  var isArtifact: Bool {
    switch self {
    case .inputArtifact, .workflowOutputArtifact, .sibling(_, .outputArtifact): true
    default: false
    }
  }
}

extension Value {
  /// The part of an artifact that lies below its key.
  fileprivate func below(_ subPath: String) throws(RenderError) -> Value {
    guard var members = objectValue, let (kind, place) = members.elements.first.map({ ($0.key, $0.value) }),
      var fields = place.objectValue, let key = fields["key"]?.stringValue
    else { throw RenderError("only an artifact that is kept under a key has parts (subPath '\(subPath)')") }
    fields["key"] = .string((key.hasSuffix("/") ? String(key.dropLast()) : key) + "/" + subPath)
    members[kind] = .object(fields)
    return .object(members)
  }
}

// MARK: Launching

extension RunState {
  func inputArtifacts(
    of node: Node, _ template: Template, in scope: Scope
  ) throws(RenderError) -> [InputArtifact] {
    var artifacts: [InputArtifact] = []
    for declared in template.inputArtifacts {
      guard let location = node.inputArtifacts[declared.name.value] else { continue }
      guard let path = declared.path else {
        throw RenderError("inputs.artifacts.\(declared.name.value) has no path to put it at")
      }
      artifacts.append(
        InputArtifact(
          name: declared.name.value, path: try render(path, in: scope), location: location, mode: declared.mode,
          isModeRecursive: declared.isModeRecursive, isOptional: declared.isOptional))
    }
    return artifacts
  }

  func outputArtifacts(
    of node: Node, _ template: Template, in scope: Scope
  ) throws(RenderError) -> [OutputArtifact] {
    var artifacts: [OutputArtifact] = []
    for declared in template.outputArtifacts {
      guard let path = declared.path else { continue }
      let name = declared.name.value
      var location: Value?
      if case .location(let template) = declared.source { location = try render(template, in: scope) }
      artifacts.append(
        OutputArtifact(
          name: name, path: try render(path, in: scope), location: location,
          defaultKey: "\(self.name)/\(podName(of: node))/\(name)\(declared.archive.suffix)", archive: declared.archive,
          isOptional: declared.isOptional))
    }
    return artifacts
  }
}

// MARK: Outputs

extension RunState {
  /// The artifacts a steps or dag template declares, taken from its children.
  func frameArtifacts(
    _ template: Template, of frame: Node, _ phase: NodePhase
  ) throws(RenderError) -> [ArtifactValue] {
    var artifacts: [ArtifactValue] = []
    for output in template.outputArtifacts {
      do throws(RenderError) {
        guard let location = try location(of: output, in: Scope(frame: frame.index)) else { continue }
        artifacts.append(ArtifactValue(name: output.name.value, location: location))
      } catch {
        guard phase.isFailure || (error.isAbsence && output.isOptional) else {
          throw RenderError("outputs.artifacts.\(output.name.value): \(error.message)")
        }
      }
    }
    return artifacts
  }

  /// Which artifact a leaf should have left and did not.
  func missingArtifact(of node: Node, _ outputs: NodeOutputs) -> String? {
    let missing = template(of: node)?.outputArtifacts.first {
      $0.path != nil && !$0.isOptional && outputs.artifacts[$0.name.value] == nil
    }
    return missing.map { "outputs.artifacts.\($0.name.value): the step left nothing at \($0.path?.source ?? "")" }
  }

  /// Publishes artifacts with a global name; the last writer wins.
  mutating func exportGlobalArtifacts(of node: Node, _ template: Template) {
    for output in template.outputArtifacts {
      guard let global = output.globalName, let location = node.outputs?.artifacts[output.name.value],
        let name = try? render(global, in: Scope(inputs: node.inputs, item: node.item, node: node.index))
      else { continue }
      let entry = ArtifactValue(name: name, location: location)
      changeRun { run in
        if let position = run.globalArtifacts.firstIndex(where: { $0.name == name }) {
          run.globalArtifacts[position] = entry
        } else {
          run.globalArtifacts.append(entry)
        }
      }
    }
  }
}

// MARK: The Workflow object

extension RunState {
  var globalOutputsObject: Value? {
    guard !globalOutputs.isEmpty || !globalArtifacts.isEmpty else { return nil }
    return .record([
      "parameters": globalOutputs.isEmpty ? nil : parameterList(globalOutputs),
      "artifacts": globalArtifacts.isEmpty ? nil : .array(globalArtifacts.map { shown($0, nil) }),
    ])
  }

  func inputsObject(of node: Node) -> Value? {
    guard !node.inputs.isEmpty || !node.inputArtifacts.isEmpty else { return nil }
    return .record([
      "parameters": node.inputs.isEmpty ? nil : parameterList(node.inputs),
      "artifacts": artifactList(node.inputArtifacts, declaredBy: template(of: node)?.inputArtifacts ?? [], node),
    ])
  }

  func artifactList(_ artifacts: [ArtifactValue], declaredBy declared: [Artifact], _ node: Node) -> Value? {
    guard !artifacts.isEmpty else { return nil }
    return .array(
      artifacts.map { artifact in
        let path = declared.first { $0.name.value == artifact.name }?.path
        let scope = Scope(inputs: node.inputs, item: node.item, node: node.index)
        return shown(artifact, path.flatMap { try? render($0, in: scope) })
      })
  }

  private func shown(_ artifact: ArtifactValue, _ path: String?) -> Value {
    var members: OrderedDictionary<String, Value> = ["name": .string(artifact.name)]
    if let path { members["path"] = .string(path) }
    for (key, value) in artifact.location.objectValue ?? [:] { members[key] = value }
    return .object(members)
  }
}
