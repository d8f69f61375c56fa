import DeltaLog

/// Finds the manifest of a batch in a table.
struct ManifestSearch {
  let store: any TableStore

  /// - Parameter batch: a batch's name; nil for the one committed last.
  func find(_ batch: String?) throws -> BatchManifest {
    let table = DeltaTable(in: store)
    guard let snapshot = try table.snapshot() else { throw ConsolidateError.noTable(path: store.root) }
    let files = snapshot.files.filter { batch == nil || $0.tag(FileTag.batch) == batch }
    var latest: BatchManifest?
    for directory in Set(files.compactMap { $0.tag(FileTag.directory) }).sorted() {
      let path = "\(directory)/\(BatchManifest.fileName)"
      guard let data = try store.read(path) else { continue }
      let manifest = try BatchManifest(from: data, path: path)
      guard batch == nil || manifest.batch == batch else { continue }
      if manifest.tableVersion > latest?.tableVersion ?? -1 { latest = manifest }
    }
    guard let latest else {
      throw ConsolidateError.nothingToReport(
        "\(store.root) has no manifest\(batch.map { " of batch \($0)" } ?? "")")
    }
    return latest
  }
}
