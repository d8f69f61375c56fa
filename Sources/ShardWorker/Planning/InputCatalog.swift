import Foundation
import RunFiles
import Storage

/// The Parquet files of a dataset and their row groups.
struct InputCatalog {
  let input: Plan.Input
  /// In the order of files and of row groups in them; those without rows are left out.
  let rowGroups: [Plan.RowGroup]

  /// Reads the footers of all Parquet files below `root`, in the order of their paths.
  init(root: String, _ description: ModelDescription) throws(WorkerError) {
    let root = RunDirectory(root).root
    let assembler = FeatureAssembler(description)
    var files: [Plan.File] = []
    var groups: [Plan.RowGroup] = []
    for path in try Self.paths(below: root) {
      let (reader, footer) = try reportingStorage { () throws(StorageError) in
        let reader = try ParquetReader(path: "\(root)/\(path)")
        return (reader, try reader.footer())
      }
      try assembler.check(reader.fields, path: reader.path)
      groups += reader.rowGroups.enumerated().compactMap { index, group in
        group.rows == 0
          ? nil : Plan.RowGroup(file: files.count, rowGroup: index, rows: group.rows)
      }
      files.append(
        Plan.File(
          path: path, bytes: reader.bytes, rows: reader.rows,
          footerSHA256: FileDigest.sha256(of: footer)))
    }
    let rows = files.reduce(0) { $0 + $1.rows }
    guard rows > 0 else { throw .noRows(root: root) }
    input = Plan.Input(root: root, files: files, rows: rows)
    rowGroups = groups
  }

  /// Names that begin with `_` or `.` are metadata and unfinished files, for all readers of Parquet.
  private static func paths(below root: String) throws(WorkerError) -> [String] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory),
      isDirectory.boolValue
    else { throw .inputMissing(root: root) }
    let all: [String]
    do {
      // The root itself may be a link, which the listing would not follow.
      let target = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
      all = try FileManager.default.subpathsOfDirectory(atPath: target)
    } catch {
      throw .file(
        .system(path: root, operation: "list", reason: error.localizedDescription))
    }
    let paths = all.filter { path in
      path.hasSuffix(".parquet")
        && !path.split(separator: "/").contains { $0.hasPrefix("_") || $0.hasPrefix(".") }
    }
    guard !paths.isEmpty else { throw .noParquetFiles(root: root) }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
