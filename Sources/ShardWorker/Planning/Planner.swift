import RunFiles
import Storage

/// Makes the plan of a run.
enum Planner {
  /// Reads footers and each `model.json`, and divides the row groups among shards.
  ///
  /// - Parameters:
  ///   - models: the directories of the models that score the rows, one at least.
  ///   - hashesFiles: whether the plan names the SHA-256 of each file, which `run` compares then.
  ///   - condition: what `--where` says; row groups that cannot hold such rows are left out.
  static func plan(
    input: String, models: [String], shards: Int, labels: [String: String], condition: String? = nil,
    hashesFiles: Bool = false
  ) throws(WorkerError) -> Plan {
    let filter = try condition.map { (text) throws(WorkerError) in try RowGroupFilter(text) }
    let directories = try models.map { (path) throws(WorkerError) in
      try ModelDirectory(path: RunDirectory(path).root)
    }
    guard let first = directories.first else { throw .usage("no --model is given", hint: nil) }
    let descriptions = directories.map(\.description)
    if let reason = ModelDescription.conflict(of: descriptions) {
      throw .modelDescription(path: models.joined(separator: ", "), reason: reason)
    }
    let catalog = try InputCatalog(root: input, descriptions, filter, hashesFiles: hashesFiles)
    let divided = Partition.shards(of: catalog.rowGroups, count: shards)
    let defaults = Self.labels(inPath: catalog.input.root)
      .merging(["model_version": first.description.version]) { $1 }
    return try reportingFiles { () throws(RunFileError) in
      try Plan(
        run: defaults.merging(labels) { $1 }, input: catalog.input, model: Plan.Model(first),
        moreModels: directories.count > 1 ? directories.dropFirst().map(Plan.Model.init) : nil,
        shards: divided.enumerated().map { Plan.Shard(index: $0, rowGroups: $1) })
    }
  }

  /// The `key=value` components of a path, as Hive names partitions.
  static func labels(inPath path: String) -> [String: String] {
    var labels: [String: String] = [:]
    for component in path.split(separator: "/") {
      let parts = component.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { labels[String(parts[0])] = String(parts[1]) }
    }
    return labels
  }
}

extension Plan.Model {
  fileprivate init(_ directory: ModelDirectory) {
    self.init(
      path: directory.path, name: directory.description.name, version: directory.description.version,
      schemaVersion: directory.description.schemaVersion, sha256: directory.sha256)
  }
}

extension ModelDescription {
  /// Why models cannot score the same rows in one pass, if they cannot.
  static func conflict(of models: [ModelDescription]) -> String? {
    guard let first = models.first else { return nil }
    if let other = models.first(where: { $0.idColumn != first.idColumn }) {
      return "one has the id `\(first.idColumn)`, another `\(other.idColumn)`"
    }
    var names: Set<String> = [first.idColumn]
    for column in models.flatMap(\.outputs).map(\.column) where !names.insert(column).inserted {
      return "two of them give a column `\(column)`"
    }
    return nil
  }
}
