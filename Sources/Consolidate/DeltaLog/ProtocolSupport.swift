/// Which tables this library reads and writes: reader version 1, writer version 2.
enum ProtocolSupport {
  /// What version 0 of a table made here asks for: the oldest protocol, so that every reader can open it.
  static let ofNewTables = ProtocolVersions(minReaderVersion: 1, minWriterVersion: 2)

  /// Features that version 2 writers already honour, under the names that version 7 gives them.
  private static let writerFeatures: Set<String> = ["appendOnly", "invariants"]

  /// What each legacy version added (PROTOCOL.md, "Valid Feature Names in Table Features").
  private static let addedByWriterVersion: [(version: Int, features: String)] = [
    (3, "checkConstraints"), (4, "changeDataFeed, generatedColumns"), (5, "columnMapping"),
    (6, "identityColumns"),
  ]

  /// - Throws: `unsupported` that names the features a reader of this table would need.
  static func checkReadable(_ versions: ProtocolVersions) throws(DeltaError) {
    let needed: [String] =
      switch versions.minReaderVersion {
      case ...1: []
      case 2: ["columnMapping"]
      case 3: (versions.readerFeatures ?? []).sorted()
      default: ["reader version \(versions.minReaderVersion)"]
      }
    try refuse(needed, toDo: "read", versions)
  }

  /// - Throws: `unsupported` that names the features a writer of this table would need.
  static func checkWritable(_ versions: ProtocolVersions) throws(DeltaError) {
    try checkReadable(versions)
    let needed: [String] =
      switch versions.minWriterVersion {
      case ...2: []
      case 3...6: addedByWriterVersion.filter { $0.version <= versions.minWriterVersion }.map(\.features)
      case 7: (versions.writerFeatures ?? []).filter { !writerFeatures.contains($0) }.sorted()
      default: ["writer version \(versions.minWriterVersion)"]
      }
    try refuse(needed, toDo: "write", versions)
  }

  private static func refuse(
    _ needed: [String], toDo verb: String, _ versions: ProtocolVersions
  ) throws(DeltaError) {
    guard !needed.isEmpty else { return }
    throw .unsupported(
      "cannot \(verb) this Delta table: it needs \(needed.joined(separator: ", ")) "
        + "(reader version \(versions.minReaderVersion), writer version \(versions.minWriterVersion)), "
        + "and this program implements reader version 1 and writer version 2; "
        + "drop the feature from the table or name another table")
  }
}
