import DeltaLog
import Foundation
import RunFiles

/// Takes the rows of a batch out of a table, with one commit. The files stay until a vacuum, and so do earlier versions.
///
/// The batch's transaction moves on by one, so that a merge of the same run does not bring the rows back by accident.
struct RunDeletion {
  /// Which rows.
  enum Selector: Equatable {
    case run(id: String)
    case batch(name: String)

    func selects(_ file: AddedFile) -> Bool {
      switch self {
      case .run(let id): file.tag(FileTag.runId) == id
      case .batch(let name): file.tag(FileTag.batch) == name
      }
    }
  }

  struct Outcome: Equatable {
    /// nil when there was nothing to delete.
    var version: Int?
    var files = 0
    var rows = 0
  }

  private static let maximumDecisions = 100

  let store: any TableStore
  let selector: Selector

  func perform() throws -> Outcome {
    let table = DeltaTable(in: store)
    for _ in 1...Self.maximumDecisions {
      guard let snapshot = try table.snapshot() else { throw ConsolidateError.noTable(path: store.root) }
      let files = snapshot.files.filter(selector.selects)
      guard !files.isEmpty else { return Outcome() }
      guard let version = try commit(proposal(files, snapshot), on: snapshot, table) else { continue }
      try table.checkpointIfDue(at: version)
      try removeSummaries(of: files, snapshot)
      return Outcome(version: version, files: files.count, rows: files.reduce(0) { $0 + ($1.numRecords ?? 0) })
    }
    throw DeltaError.io(path: store.root, reason: "other writers changed the table faster than rows could be deleted")
  }

  /// - Returns: nil when another writer changed what the proposal rests on.
  private func commit(
    _ proposal: CommitProposal, on snapshot: Snapshot, _ table: DeltaTable
  ) throws(DeltaError) -> Int? {
    do throws(DeltaError) {
      return try table.commit(proposal, on: snapshot)
    } catch .conflict {
      return nil
    }
  }

  private func proposal(_ files: [AddedFile], _ snapshot: Snapshot) -> CommitProposal {
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let transactions = Set(files.compactMap { $0.tag(FileTag.appId) }).sorted().map { appId in
      Action.txn(
        AppTransaction(
          appId: appId, version: (snapshot.transaction(of: appId)?.version ?? 0) + 1, lastUpdated: now))
    }
    let batches = Set(files.compactMap { $0.tag(FileTag.batch) }).sorted().joined(separator: ", ")
    return CommitProposal(
      operation: "DELETE", operationParameters: ["predicate": predicate],
      info: [
        "engineInfo": .string(Release.name), "batch": .string(batches),
        "contentDigest": .string(TableDecision.deleted),
        "operationMetrics": .object(["numRemovedFiles": .string(String(files.count))]),
      ],
      actions: transactions + files.map { .remove(RemovedFile($0, deletedAt: now)) },
      readPartitions: Array(Set(files.map(\.partitionValues))))
  }

  private var predicate: String {
    switch selector {
    case .run(let id): "run = \(id)"
    case .batch(let name): "batch = \(name)"
    }
  }

  /// What describes a batch that is gone.
  private func removeSummaries(of files: [AddedFile], _ snapshot: Snapshot) throws {
    let kept = Set(snapshot.files.filter { !selector.selects($0) }.compactMap { $0.tag(FileTag.directory) })
    for directory in Set(files.compactMap { $0.tag(FileTag.directory) }) where !kept.contains(directory) {
      for name in BatchSummary.names { try store.remove("\(directory)/\(name)") }
    }
  }
}
