import RunFiles

/// Makes the plan of a run.
enum Planner {
  /// Reads footers and `model.json`, and divides the row groups among shards.
  static func plan(
    input: String, model: String, shards: Int, labels: [String: String]
  ) throws(WorkerError) -> Plan {
    let directory = try ModelDirectory(path: RunDirectory(model).root)
    let description = directory.description
    let catalog = try InputCatalog(root: input, description)
    let divided = Partition.shards(of: catalog.rowGroups, count: shards)
    let defaults = Self.labels(inPath: catalog.input.root)
      .merging(["model_version": description.version]) { $1 }
    return try reportingFiles { () throws(RunFileError) in
      try Plan(
        run: defaults.merging(labels) { $1 }, input: catalog.input,
        model: Plan.Model(
          path: directory.path, name: description.name, version: description.version,
          schemaVersion: description.schemaVersion, sha256: directory.sha256),
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
