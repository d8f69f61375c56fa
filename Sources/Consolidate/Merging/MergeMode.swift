/// What a merge does with what the table holds already.
enum MergeMode: Equatable, Sendable {
  /// The batch's rows are added; a later generation takes the place of the batch's earlier rows.
  case append
  /// The batch's rows take the place of everything in the partitions that they go into.
  case overwritePartitions
  /// Rows whose key is not in their partition are added; rows whose key is there are left out, or replace it.
  case mergeByKey(columns: [String], updates: Bool)

  /// As in `--mode`.
  enum Name: String, CaseIterable {
    case append
    case overwritePartitions = "overwrite-partitions"
    case mergeByKey = "merge-by-key"
  }

  var name: Name {
    switch self {
    case .append: .append
    case .overwritePartitions: .overwritePartitions
    case .mergeByKey: .mergeByKey
    }
  }

  var keyColumns: [String] {
    if case .mergeByKey(let columns, _) = self { columns } else { [] }
  }
}
