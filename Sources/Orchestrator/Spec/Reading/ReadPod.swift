import WorkflowCore

// What only pods have a use for is kept as it stands: Kubernetes checks it.

extension WorkflowModelReader {
  /// The members of a spec or a template that say how pods are made.
  func readPodFields(_ cursor: SpecCursor, _ fields: Set<String>) -> ItemTemplate {
    .map(cursor.members.filter { fields.contains($0.key.value) }.map { ($0.key.value, readItem($0.value)) })
  }

  func readTemplatePod(_ cursor: SpecCursor) -> ItemTemplate {
    guard case .map(var members) = readPodFields(cursor, PodFields.template) else { return .map([]) }
    if cursor["retryStrategy"]?["affinity"]?["nodeAntiAffinity"] != nil {
      members.append((PodFields.avoidsFormerNodes, .scalar(true)))
    }
    return .map(members)
  }
}
