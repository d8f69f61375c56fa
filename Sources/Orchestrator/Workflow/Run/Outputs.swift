extension RunState {
  /// The outputs a steps or dag template declares, taken from its children. Those of a frame that failed are taken as
  /// far as they are there.
  func frameOutputs(of frame: Node, _ phase: NodePhase) throws(RenderError) -> NodeOutputs? {
    guard let template = template(of: frame), !template.outputs.isEmpty || !template.outputArtifacts.isEmpty else {
      return nil
    }
    var outputs = NodeOutputs(artifacts: try frameArtifacts(template, of: frame, phase))
    for output in template.outputs {
      do throws(RenderError) {
        guard let value = try value(of: output, frame.index) else { continue }
        outputs.parameters.append(ParameterValue(name: output.name.value, value: value))
      } catch {
        if let fallback = output.defaultValue {
          let value = try render(fallback, in: Scope(frame: frame.index))
          outputs.parameters.append(ParameterValue(name: output.name.value, value: value))
        } else if !phase.isFailure {
          throw RenderError("outputs.parameters.\(output.name.value): \(error.message)")
        }
      }
    }
    return outputs
  }

  private func value(of output: OutputParameter, _ frame: NodeIndex) throws(RenderError) -> String? {
    let scope = Scope(frame: frame)
    switch output.source {
    case .parameter(let text): return try render(text, in: scope)
    case .expression(let expression): return try expression.text(in: ScopedRun(run: self, scope: scope))
    case .path, .supplied, .object: return nil
    }
  }

  /// What an attempt left, checked against what its template declares; the error says which output is missing.
  func leafOutputs(of node: Node, _ outcome: Outcome) -> (outputs: NodeOutputs, missing: String?) {
    var outputs = NodeOutputs(
      artifacts: outcome.artifacts, result: outcome.result, exitCode: outcome.ending.exitCode)
    var missing: String?
    for output in template(of: node)?.outputs ?? [] {
      guard let source = output.source.ofLeaf else { continue }
      let name = output.name.value
      let scope = Scope(inputs: node.inputs, item: node.item, node: node.index)
      if let value = outcome.parameters[name] ?? output.defaultValue.flatMap({ try? render($0, in: scope) }) {
        outputs.parameters.append(ParameterValue(name: name, value: value))
      } else if missing == nil {
        missing = "outputs.parameters.\(name): \(source)"
      }
    }
    return (outputs, missing ?? missingArtifact(of: node, outputs))
  }

  /// Publishes outputs with a global name; the last writer wins.
  mutating func exportGlobals(of node: Node) {
    guard let values = node.outputs?.parameters, let template = template(of: node) else { return }
    exportGlobalArtifacts(of: node, template)
    for output in template.outputs {
      guard let global = output.globalName, let value = values[output.name.value],
        let name = try? render(global, in: Scope(inputs: node.inputs, item: node.item, node: node.index))
      else { continue }
      let entry = ParameterValue(name: name, value: value)
      changeRun { run in
        if let position = run.globalOutputs.firstIndex(where: { $0.name == name }) {
          run.globalOutputs[position] = entry
        } else {
          run.globalOutputs.append(entry)
        }
      }
    }
  }
}

extension OutputParameter.Source {
  /// What to say when a leaf did not give it; nil for what no leaf gives.
  fileprivate var ofLeaf: String? {
    switch self {
    case .path(let path): "the step wrote no file \(path.source)"
    case .object(.jsonPath(let query)), .object(.jqFilter(let query)): "the object has nothing at \(query.source)"
    case .parameter, .expression, .supplied: nil
    }
  }
}

extension Outcome.Ending {
  /// The code a shell would report: 128 + n for a death by signal n. 64 is what Argo's emissary exits with when the
  /// executable is missing.
  var exitCode: Int32? {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    case .notStarted: 64
    case .outOfMemory, .deadlineExceeded: 137
    case .error, .lost: nil
    }
  }
}
