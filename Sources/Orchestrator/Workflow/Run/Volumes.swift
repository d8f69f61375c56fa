import OrderedCollections

// What a step finds at its mount paths, and the values that ConfigMaps give to parameters.

extension RunState {
  func mounts(_ container: Container, _ template: Template, in scope: Scope) throws(RenderError) -> [LaunchMount] {
    var mounts: [LaunchMount] = []
    for mount in container.volumeMounts {
      let volume = try render(mount.name, in: scope)
      var subPath: String?
      if let text = mount.subPath { subPath = try render(text, in: scope) }
      mounts.append(
        LaunchMount(
          volume: volume, source: try source(ofVolume: volume, template, in: scope),
          path: try render(mount.path, in: scope), subPath: subPath.flatMap { $0.isEmpty ? nil : $0 },
          isReadOnly: mount.isReadOnly))
    }
    return mounts
  }

  /// A template's own volumes stand above the workflow's.
  private func source(
    ofVolume name: String, _ template: Template, in scope: Scope
  ) throws(RenderError) -> Value {
    if let volume = (template.volumes + workflow.spec.volumes).first(where: { $0.name == name }) {
      return try render(volume.source, in: scope)
    }
    guard workflow.spec.claimTemplates.contains(name) else {
      throw RenderError("there is no volume '\(name)' to mount")
    }
    return .record(["persistentVolumeClaim": .record(["claimName": .string("\(self.name)-\(name)")])])
  }

  /// The value that a ConfigMap gives to a parameter; nil when it may be absent, and is.
  func configMapValue(_ key: ObjectKey, in scope: Scope) throws(RenderError) -> String? {
    let (name, entry) = (try render(key.name, in: scope), try render(key.key, in: scope))
    if let value = workflow.configMaps[name]?[entry] { return value }
    if key.isOptional { return nil }
    let known =
      workflow.configMaps[name] == nil
      ? "there is no ConfigMap '\(name)'" : "the ConfigMap '\(name)' has no key '\(entry)'"
    throw RenderError("\(known): keep it first with 'orchestrate apply'")
  }
}

extension Workflow {
  /// The value of one of the workflow's own parameters that comes from a ConfigMap; nil when none does.
  public func configMapValue(of parameter: Parameter) -> String? {
    guard let key = parameter.configMap, let name = key.name.literal, let entry = key.key.literal else { return nil }
    return configMaps[name]?[entry]
  }
}
