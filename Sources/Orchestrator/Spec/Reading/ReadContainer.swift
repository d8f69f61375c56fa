import OrderedCollections
import WorkflowCore

extension WorkflowModelReader {
  /// Reads `container`, or the container part of `script`.
  func readContainer(_ cursor: SpecCursor) -> Container {
    note(cursor, .container)
    return Container(
      image: text(cursor, "image"), command: texts(cursor, "command"), args: texts(cursor, "args"),
      environment: cursor.list("env").compactMap { readVariable($0) },
      environmentSources: cursor.list("envFrom").compactMap { readEnvironmentSource($0) },
      workingDirectory: text(cursor, "workingDir"),
      resources: ResourceRequirements(
        requests: readQuantities(cursor["resources"]?["requests"]),
        limits: readQuantities(cursor["resources"]?["limits"])),
      volumeMounts: cursor.list("volumeMounts").map { readMount($0) })
  }

  private func readQuantities(_ cursor: SpecCursor?) -> OrderedDictionary<String, TemplateString> {
    var quantities = OrderedDictionary<String, TemplateString>()
    for member in cursor?.members ?? [] { quantities[member.key.value] = text(member.value) }
    return quantities
  }

  private func readVariable(_ cursor: SpecCursor) -> EnvironmentVariable? {
    let name = cursor.text("name") ?? ""
    guard let source = cursor["valueFrom"] else {
      let value = text(cursor, "value") ?? TemplateString("", at: cursor.position)
      return EnvironmentVariable(name: name, source: .value(value))
    }
    note(source, .environmentSource)
    if let secret = source["secretKeyRef"] {
      let key = readKeyReference(secret)
      return EnvironmentVariable(name: name, source: .secret(name: key.name, key: key.key, optional: key.optional))
    }
    if let path = source["fieldRef"]?.text("fieldPath") { return EnvironmentVariable(name: name, source: .field(path)) }
    guard let reference = source["configMapKeyRef"] else { return nil }
    let key = readKeyReference(reference)
    return EnvironmentVariable(name: name, source: .configMap(name: key.name, key: key.key, optional: key.optional))
  }

  private func readEnvironmentSource(_ cursor: SpecCursor) -> EnvironmentSource? {
    let kinds: [(String, EnvironmentSource.Kind)] = [("configMapRef", .configMap), ("secretRef", .secret)]
    guard let (key, kind) = kinds.first(where: { cursor[$0.0] != nil }), let reference = cursor[key] else { return nil }
    return EnvironmentSource(
      kind, name: reference.text("name") ?? "", prefix: cursor.text("prefix") ?? "",
      isOptional: reference.flag("optional") ?? false)
  }

  private func readMount(_ cursor: SpecCursor) -> VolumeMount {
    note(cursor, .volumeMount)
    let none = TemplateString("", at: cursor.position)
    return VolumeMount(
      name: text(cursor, "name") ?? none, path: text(cursor, "mountPath") ?? none, subPath: text(cursor, "subPath"),
      isReadOnly: cursor.flag("readOnly") ?? false)
  }

  private func readKeyReference(_ cursor: SpecCursor) -> (name: String, key: String, optional: Bool) {
    (cursor.text("name") ?? "", cursor.text("key") ?? "", cursor.flag("optional") ?? false)
  }
}
