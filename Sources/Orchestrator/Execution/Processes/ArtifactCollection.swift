import ArtifactStorage
import Dispatch
import Foundation
import WorkflowCore

/// Takes what a step left as artifacts from the attempt's directory to where it is kept. Doing it again is harmless.
struct ArtifactCollection: Sendable {
  let launch: Launch
  let directory: AttemptDirectory
  let repository: ArtifactRepository

  /// `outcome` with the artifacts that were there; on a thread that may wait for disks and networks.
  func completing(_ outcome: Outcome) async -> Outcome {
    guard !launch.outputArtifacts.isEmpty else { return outcome }
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: completed(outcome)) }
    }
  }

  private func completed(_ outcome: Outcome) -> Outcome {
    var outcome = outcome
    for (number, output) in launch.outputArtifacts.enumerated() {
      do throws(ArtifactError) {
        guard let staged = try staged(number, output) else { continue }
        let location = try repository.keep(
          staged, at: output.location, defaultKey: output.defaultKey, namespace: launch.namespace)
        outcome.artifacts.append(ArtifactValue(name: output.name, location: location))
      } catch {
        // What the step itself did wrong explains more.
        guard outcome.ending == .exited(code: 0) else { continue }
        outcome.ending = .error("outputs.artifacts.\(output.name): \(error)")
      }
    }
    return outcome
  }

  /// The file or folder to keep; nil when the step left none.
  private func staged(_ number: Int, _ output: OutputArtifact) throws(ArtifactError) -> String? {
    let file = "\(directory.artifacts)/\(number)"
    let packed = output.archive == ArtifactArchive.none ? file + ".folder" : file
    guard FileManager.default.fileExists(atPath: packed) else {
      return FileManager.default.fileExists(atPath: file) ? file : nil
    }
    switch output.archive {
    case .tar: return file
    case .none:
      try Archive.extract(packed, into: file + ".tree")
      return file + ".tree"
    case .zip:
      try Archive.unpack(packed, to: file + ".tree")
      try Archive.zip(file + ".tree", named: URL(fileURLWithPath: output.path).lastPathComponent, to: file + ".zip")
      return file + ".zip"
    }
  }
}
