import ArtifactStorage
import Dispatch
import Execution
import Foundation
import WorkflowCore

/// Something of the machine that a step sees at a path of its own.
struct StagedMount: Hashable, Sendable {
  var source: String
  var target: String
  var isReadOnly = false
}

/// Puts in place what a step needs before it starts: volumes and input artifacts. Everything is made anew, so that doing it
/// again after a crash is harmless.
struct Staging: Sendable {
  let launch: Launch
  let directory: AttemptDirectory
  let settings: ProcessSettings

  /// Whether there is anything to do.
  var isNeeded: Bool {
    !launch.mounts.isEmpty || !launch.inputArtifacts.isEmpty || !settings.mounts.isEmpty
  }

  /// The same as `mounts`, on a thread that may wait for disks and networks.
  func mountsInBackground() async -> Result<[StagedMount], ExecutionError> {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: Result { () throws(ExecutionError) in try mounts() })
      }
    }
  }

  /// What is to be mounted, outer paths before inner ones.
  func mounts() throws(ExecutionError) -> [StagedMount] {
    do throws(ArtifactError) {
      var volumes = VolumeFolders(launch, in: directory, settings)
      var mounts = settings.mounts
      for mount in launch.mounts {
        mounts.append(
          StagedMount(
            source: try volumes.folder(of: mount), target: mount.path,
            isReadOnly: mount.isReadOnly || mount.isReadOnlyByNature))
      }
      for (number, artifact) in launch.inputArtifacts.enumerated() {
        if let mount = try stage(artifact, number, beside: mounts) { mounts.append(mount) }
      }
      let depths = mounts.map { $0.target.split(separator: "/").count }
      return zip(mounts.indices, depths).sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { mounts[$0.0] }
    } catch {
      throw .refused(error.description)
    }
  }

  private func stage(
    _ artifact: InputArtifact, _ number: Int, beside mounts: [StagedMount]
  ) throws(ArtifactError) -> StagedMount? {
    let staged = "\(directory.inputs)/\(number)"
    do throws(ArtifactError) {
      try folder(directory.inputs)
      try settings.repository.fetch(artifact.location, namespace: launch.namespace, to: staged)
    } catch {
      if artifact.isOptional, error.kind == .absent { return nil }
      throw ArtifactError(error.kind, "inputs.artifacts.\(artifact.name): \(error)")
    }
    if let mode = artifact.mode { setMode(mode, of: staged, recursively: artifact.isModeRecursive) }
    let path = artifact.path.hasPrefix("/") ? artifact.path : "/" + artifact.path
    guard let volume = mounts.last(where: { path.hasPrefix($0.target + "/") && !$0.isReadOnly }) else {
      return StagedMount(source: staged, target: path)
    }
    // What is put into a volume is seen by everyone who mounts it.
    try move(staged, to: volume.source + path.dropFirst(volume.target.count))
    return nil
  }

  private func move(_ staged: String, to place: String) throws(ArtifactError) {
    try folder(URL(fileURLWithPath: place).deletingLastPathComponent().path)
    do {
      if FileManager.default.fileExists(atPath: place) { try FileManager.default.removeItem(atPath: place) }
      try FileManager.default.moveItem(atPath: staged, toPath: place)
    } catch {
      throw ArtifactError(.unavailable, "cannot put an artifact at \(place): \(error.localizedDescription)")
    }
  }

  private func setMode(_ mode: Int, of path: String, recursively: Bool) {
    let below = recursively ? FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [] : []
    for item in [path] + below.map({ "\(path)/\($0)" }) { chmod(item, mode_t(mode & 0o7777)) }
  }
}

/// Makes a folder and those above it.
func folder(_ path: String) throws(ArtifactError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ArtifactError(.unavailable, "cannot make the folder \(path): \(error.localizedDescription)")
  }
}

extension LaunchMount {
  /// What Kubernetes never lets a container write to.
  var isReadOnlyByNature: Bool {
    ["configMap", "secret", "projected", "downwardAPI"].contains { source[$0] != nil }
      || source["persistentVolumeClaim"]?["readOnly"] == .bool(true)
  }
}
