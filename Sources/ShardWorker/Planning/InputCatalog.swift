import Foundation
import RunFiles
import Storage

/// The Parquet files of a dataset and their row groups.
struct InputCatalog {
  let input: Plan.Input
  /// In the order of files and of row groups in them; those without rows are left out.
  let rowGroups: [Plan.RowGroup]
  /// Row groups that the filter left out.
  let skipped: Int

  /// Reads the footers of all Parquet files below `root`, in the order of their paths. `root` may also be one file.
  init(
    root: String, _ models: [ModelDescription], _ filter: RowGroupFilter? = nil, hashesFiles: Bool = false
  ) throws(WorkerError) {
    let (root, paths) = try Self.files(of: RunDirectory(root).root)
    let assemblers = models.map(FeatureAssembler.init)
    var files: [Plan.File] = []
    var groups: [Plan.RowGroup] = []
    var skipped = 0
    for path in paths {
      let (reader, footer) = try reportingStorage { () throws(StorageError) in
        let reader = try ParquetReader(path: "\(root)/\(path)")
        return (reader, try reader.footer())
      }
      let partition = PartitionColumns(path: reader.path, models, beside: reader.fields)
      for assembler in assemblers { try assembler.check(reader.fields + partition.fields, path: reader.path) }
      for (index, group) in reader.rowGroups.enumerated() where group.rows > 0 {
        if let filter, try !filter.mayHold(in: reader, rowGroup: index, rows: group.rows) {
          skipped += 1
        } else {
          groups.append(Plan.RowGroup(file: files.count, rowGroup: index, rows: group.rows))
        }
      }
      files.append(
        Plan.File(
          path: path, bytes: reader.bytes, rows: reader.rows, footerSHA256: FileDigest.sha256(of: footer),
          sha256: hashesFiles ? try Self.digest(of: reader.path) : nil))
    }
    guard !groups.isEmpty else {
      if let filter, skipped > 0 { throw .nothingMatches(root: root, condition: filter.text) }
      throw .noRows(root: root)
    }
    let rows = groups.reduce(0) { $0 + $1.rows }
    input = Plan.Input(root: root, files: files, rows: rows, condition: filter?.text)
    rowGroups = groups
    self.skipped = skipped
  }

  /// SHA-256 of a whole file; nil for objects, which stores check themselves.
  static func digest(of path: String) throws(WorkerError) -> String? {
    guard !path.hasPrefix("s3://") else { return nil }
    return try reportingFiles { () throws(RunFileError) in try FileDigest.sha256(ofFile: path) }
  }

  /// The root that paths are relative to, and the paths of the Parquet files.
  private static func files(of root: String) throws(WorkerError) -> (String, [String]) {
    var isDirectory: ObjCBool = false
    let all: [String]
    if root.hasPrefix("s3://") {
      try S3Settings.apply()
      all = try reportingStorage { () throws(StorageError) in try ObjectStores.keys(below: root) }
    } else if FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else {
        let file = URL(fileURLWithPath: root)
        return (file.deletingLastPathComponent().path, [file.lastPathComponent])
      }
      all = try listed(root)
    } else {
      throw .inputMissing(root: root)
    }
    let paths = all.filter(isData)
    guard !paths.isEmpty else { throw .noParquetFiles(root: root) }
    return (root, paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  private static func listed(_ root: String) throws(WorkerError) -> [String] {
    do {
      // The root itself may be a link, which the listing would not follow.
      let target = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
      return try FileManager.default.subpathsOfDirectory(atPath: target)
    } catch {
      throw .file(.system(path: root, operation: "list", reason: error.localizedDescription))
    }
  }

  /// Names that begin with `_` or `.` are metadata and unfinished files, for all readers of Parquet.
  private static func isData(_ path: String) -> Bool {
    path.hasSuffix(".parquet")
      && !path.split(separator: "/").contains { $0.hasPrefix("_") || $0.hasPrefix(".") }
  }
}
