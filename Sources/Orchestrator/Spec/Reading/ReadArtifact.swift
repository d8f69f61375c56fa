import WorkflowCore

/// Where an artifact stands in a workflow.
enum ArtifactPlace { case input, output, argument }

extension WorkflowModelReader {
  /// The artifacts of `inputs`, `outputs` or `arguments`.
  func readArtifacts(_ cursor: SpecCursor?, _ place: ArtifactPlace) -> [Artifact] {
    (cursor?.list("artifacts") ?? []).map { artifact in
      note(artifact, .artifact)
      return Artifact(
        name: artifact.name("name") ?? Located("", at: artifact.position), path: text(artifact, "path"),
        source: readSource(artifact), subPath: text(artifact, "subPath"), mode: artifact.integer("mode"),
        isModeRecursive: artifact.flag("recurseMode") ?? false, isOptional: artifact.flag("optional") ?? false,
        archive: readArchive(artifact["archive"]), globalName: text(artifact, "globalName"))
    }
  }

  private func readSource(_ artifact: SpecCursor) -> Artifact.Source? {
    if let from = text(artifact, "from") { return .reference(from) }
    if let expression = expression(artifact, "fromExpression") { return .expression(expression) }
    for kind in ["raw", "http", "s3"] {
      guard let location = artifact[kind] else { continue }
      return .location(.map([(key: kind, value: readItem(location))]))
    }
    return nil
  }

  private func readArchive(_ cursor: SpecCursor?) -> ArtifactArchive {
    if cursor?["none"] != nil { return ArtifactArchive.none }
    if cursor?["zip"] != nil { return .zip }
    return .tar(level: cursor?["tar"]?.integer("compressionLevel"))
  }

  func readVolume(_ cursor: SpecCursor) -> Volume? {
    note(cursor, .volume)
    guard let name = cursor.text("name"), let source = cursor.members.first(where: { $0.key.value != "name" })
    else { return nil }
    return Volume(name: name, source: .map([(key: source.key.value, value: readItem(source.value))]))
  }

  /// `valueFrom.configMapKeyRef` of a parameter.
  func readConfigMapKey(_ cursor: SpecCursor?) -> ObjectKey? {
    if let cursor { note(cursor, .inputSource) }
    guard let reference = cursor?["configMapKeyRef"], let name = text(reference, "name"),
      let key = text(reference, "key")
    else { return nil }
    if let literal = name.literal { usedConfigMaps?.insert(literal) } else { usedConfigMaps = nil }
    return ObjectKey(name: name, key: key, isOptional: reference.flag("optional") ?? false)
  }
}
