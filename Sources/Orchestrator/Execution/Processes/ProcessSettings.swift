import ArtifactStorage
import Foundation
import WorkflowCore

/// How steps run as processes of this machine.
public struct ProcessSettings: Sendable {
  /// Where attempts keep their files.
  public var root: String
  public var supervisor: String
  /// The environment from which secrets are taken; nothing else of it reaches a step.
  public var environment: [String: String]
  public var searchPath: String
  public var home: String
  /// Seconds between SIGTERM and SIGKILL (Kubernetes' default).
  public var graceSeconds: Int64
  /// Whether each step gets a file system view of its own. It needs root and the right to mount.
  public var isPrivate: Bool
  public var capacity: MachineCapacity
  /// Where artifacts are kept.
  public var repository: ArtifactRepository
  /// ConfigMaps, Secrets and claims that were kept for runs to refer to.
  public var objects: ObjectLookUp
  /// Where claims that were kept have their folders, by namespace.
  public var claims: String
  /// What images run when a template gives no command.
  public var images: ImageEntrypoints
  /// Variables of every step, below those that its spec gives.
  public var variables: [ParameterValue] = []
  /// What every step sees at a path of its own.
  var mounts: [StagedMount] = []

  /// The settings of this machine, with the programs that lie beside this one found first.
  public init(root: String, environment: [String: String], executable: String, capacity: MachineCapacity) {
    let programs = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent().path
    self.root = root
    self.environment = environment
    self.capacity = capacity
    let folder = URL(fileURLWithPath: root).deletingLastPathComponent().path
    objects = .empty
    repository = ArtifactRepository(root: folder + "/artifacts", environment: environment)
    claims = folder + "/claims"
    images = ImageEntrypoints()
    supervisor = programs + "/orchestrate-supervisor"
    searchPath = programs + ":" + (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    home = environment["HOME"] ?? "/"
    graceSeconds = 30
    isPrivate = Self.mayMount
  }

  /// Whether this process may mount file systems: root may, but often not inside a container.
  private static var mayMount: Bool {
    let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let capabilities = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
    let sysAdmin: UInt64 = 1 << 21  // CAP_SYS_ADMIN, capabilities(7)
    return geteuid() == 0 && capabilities & sysAdmin != 0
  }
}

/// What this machine has to give, in thousandths of a core, of a byte, of a GPU.
public struct MachineCapacity: Hashable, Sendable {
  public var cpu: Int64
  public var memory: Int64
  public var gpus: Int

  public init(cpu: Int64, memory: Int64, gpus: Int) {
    self.cpu = cpu
    self.memory = memory
    self.gpus = gpus
  }

  public static func ofThisMachine(gpus: Int? = nil) -> MachineCapacity {
    MachineCapacity(
      cpu: Int64(ProcessInfo.processInfo.activeProcessorCount) * 1000,
      memory: Int64(clamping: ProcessInfo.processInfo.physicalMemory).multipliedReportingOverflow(by: 1000)
        .partialValue,
      gpus: gpus ?? countOfGPUs())
  }

  /// The GPUs that NVIDIA's driver shows as devices.
  private static func countOfGPUs() -> Int {
    let devices = (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? []
    return devices.count {
      $0.hasPrefix("nvidia") && !$0.dropFirst(6).isEmpty && $0.dropFirst(6).allSatisfy(\.isNumber)
    }
  }
}
