/// Which versions a log holds, from the names of its files.
struct LogListing: Equatable {
  /// Versions that have a JSON file, ascending.
  let commits: [Int]
  /// Whole checkpoints, ascending by version.
  let checkpoints: [Checkpoint]

  /// A classic checkpoint: one file, or as many parts as their names say.
  struct Checkpoint: Equatable {
    let version: Int
    /// In the order of the parts.
    let names: [String]
  }

  init(names: [String]) {
    commits = names.compactMap { Self.version($0, suffix: ".json") }.sorted()
    checkpoints = Self.checkpoints(names)
  }

  var latest: Int? { [commits.last, checkpoints.last?.version].compactMap { $0 }.max() }

  static func commitName(_ version: Int) -> String {
    let digits = String(version)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".json"
  }

  /// The latest checkpoint that says nothing of later versions.
  func checkpoint(upTo version: Int) -> Checkpoint? { checkpoints.last { $0.version <= version } }

  /// Checks that these versions have JSON files.
  func checkReplayable(_ versions: Range<Int>) throws(DeltaError) {
    let present = Set(commits)
    for version in versions where !present.contains(version) { throw missing(version) }
  }

  private func missing(_ version: Int) -> DeltaError {
    let name = Self.commitName(version)
    guard let checkpoint = checkpoints.first(where: { $0.version >= version }) else {
      return .corrupt(file: name, reason: "missing, and no checkpoint covers it")
    }
    return .unsupported(
      "cannot read this version of the Delta table: \(name) was cleaned up, and the first checkpoint from there on is "
        + "that of version \(checkpoint.version); read a version from \(checkpoint.version) on")
  }

  /// `00000000000000000007` + suffix, and nothing else.
  private static func version(_ name: String, suffix: String) -> Int? {
    guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
    let digits = name.prefix(20)
    return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
  }

  /// `N.checkpoint.parquet`, or all of `N.checkpoint.<part>.<parts>.parquet`. Names with a UUID belong to a table
  /// feature that is refused by name elsewhere.
  private static func checkpoints(_ names: [String]) -> [Checkpoint] {
    var found: [Int: Checkpoint] = [:]
    var parts: [Int: [String]] = [:]
    for name in names.sorted() where name.hasSuffix(".parquet") && name.dropFirst(20).hasPrefix(".checkpoint.") {
      guard let version = Int(name.prefix(20)) else { continue }
      let fields = name.split(separator: ".")
      if fields.count == 3 { found[version] = Checkpoint(version: version, names: [name]) }
      if fields.count == 5 { parts[version, default: []].append(name) }
    }
    for (version, names) in parts where found[version] == nil {
      let total = names.first?.split(separator: ".")[3]
      let same = names.filter { $0.split(separator: ".")[3] == total }
      if let total, Int(total) == same.count { found[version] = Checkpoint(version: version, names: same) }
    }
    return found.values.sorted { $0.version < $1.version }
  }
}
