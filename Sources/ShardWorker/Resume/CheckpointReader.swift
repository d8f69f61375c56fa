import Foundation
import RunFiles

/// Finds out whether an earlier attempt's work can be continued.
struct CheckpointReader {
  let directory: RunDirectory
  let plan: Plan
  let shard: Int

  /// The checkpoint of an earlier attempt, if going on from it gives the same bytes as starting anew.
  /// `matches` says what is different in its settings, if anything; `notice` is told why a checkpoint
  /// was passed over.
  func usable(
    _ difference: (Checkpoint.Settings) -> String?, notice: (String) -> Void
  ) throws(WorkerError) -> Checkpoint? {
    let path = directory.checkpoint(shard)
    let checkpoint: Checkpoint
    do throws(RunFileError) {
      checkpoint = try Checkpoint(readingFrom: path)
    } catch {
      if case .missing = error { return nil }
      notice("\(error.message); the shard starts from its first row")
      return nil
    }
    if let reason = try fault(of: checkpoint) ?? difference(checkpoint.settings) {
      notice("\(path) cannot be used: \(reason); the shard starts from its first row")
      return nil
    }
    return checkpoint
  }

  private func fault(of checkpoint: Checkpoint) throws(WorkerError) -> String? {
    if checkpoint.planDigest != plan.digest { return "it belongs to another plan" }
    for part in checkpoint.parts {
      if let reason = fault(of: part.path, bytes: part.bytes, part.sha256) { return reason }
    }
    guard let path = checkpoint.deadLetters.path else { return nil }
    let handle = FileHandle(forReadingAtPath: directory.absolute(path))
    let lines = (try? handle?.read(upToCount: checkpoint.deadLetterBytes)) ?? Data()
    return FileDigest.sha256(of: lines) == checkpoint.deadLetters.sha256
      ? nil : "\(path) is not as it says"
  }

  private func fault(of relative: String, bytes: Int, _ sha256: String) -> String? {
    let path = directory.absolute(relative)
    let found = try? (FileDigest.bytes(ofFile: path), FileDigest.sha256(ofFile: path))
    guard let found else { return "\(relative) cannot be read" }
    return found == (bytes, sha256) ? nil : "\(relative) is not as it says"
  }
}
