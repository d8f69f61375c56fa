import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine

private let kind = "CronWorkflow"

/// `orchestrate cron`: the cron workflows that are kept.
struct CronCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cron", abstract: "Manage cron workflows; 'orchestrate engine' runs them when they are due.",
    discussion: """
      EXAMPLES
        orchestrate cron create nightly.yaml
        orchestrate cron list
        orchestrate cron suspend nightly
      """,
    subcommands: [List.self, Get.self, Create.self, Delete.self, Suspend.self, Resume.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List them, with the time of the next run.")
    @OptionGroup var options: KeptObjectOptions
    @Option(name: .shortAndLong, help: "The form of what is printed.")
    var output: ObjectFormat = .text

    func run() throws {
      let objects = try options.all(kind)
      guard output == .text else { return objects.forEach { output.print($0) } }
      let now = SystemTime().now
      var table = TextTable(["NAME", "AGE", "LAST RUN", "NEXT RUN", "SCHEDULES", "TIMEZONE", "SUSPENDED"])
      for object in objects {
        let cron = CronDefinition(object)
        table.add([
          object.name, duration(now.milliseconds(since: object.createdAt)), cron.lastScheduled?.rfc3339 ?? "-",
          cron.isSuspended ? "-" : cron.next(after: now)?.rfc3339 ?? "-", cron.sources.joined(separator: ","),
          cron.timezone ?? "", cron.isSuspended ? "true" : "false",
        ])
      }
      print(table.text)
    }
  }

  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print one, and when it runs next.")
    @Argument(help: "Its name.")
    var name: String
    @OptionGroup var options: KeptObjectOptions
    @Option(name: .shortAndLong, help: "The form of what is printed.")
    var output: ObjectFormat = .text

    func run() throws {
      let object = try options.one(kind, name)
      guard output == .text else { return output.print(object) }
      let cron = CronDefinition(object)
      var table = TextTable(["Name:", object.name])
      table.add(["Schedules:", cron.sources.joined(separator: ", ")])
      table.add(["Timezone:", cron.timezone ?? "of this machine"])
      table.add(["Suspended:", cron.isSuspended ? "true" : "false"])
      table.add(["ConcurrencyPolicy:", cron.concurrencyPolicy.rawValue])
      table.add(["LastScheduledTime:", cron.lastScheduled?.rfc3339 ?? "-"])
      var instant = SystemTime().now
      for number in 1...3 {
        guard !cron.isSuspended, let next = cron.next(after: instant) else { break }
        table.add([number == 1 ? "NextScheduledTimes:" : "", next.rfc3339])
        instant = next
      }
      print(table.text)
    }
  }

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keep those of files; one of the same name is replaced.")
    @Argument(help: ArgumentHelp("YAML or JSON files, or folders of them.", valueName: "file"))
    var files: [String]
    @OptionGroup var options: KeptObjectOptions

    func run() throws { try options.create(kind, files) }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget some; their runs stay.")
    @Argument(help: "Their names.")
    var names: [String] = []
    @Flag(help: "Every one of the namespace.")
    var all = false
    @OptionGroup var options: KeptObjectOptions

    func validate() throws {
      guard names.isEmpty == all else { throw ValidationError("name them, or say --all") }
    }

    func run() throws { try options.delete(kind, names, all: all) }
  }

  struct Suspend: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run no more, until resumed.")
    @Argument(help: "Their names.")
    var names: [String]
    @OptionGroup var options: KeptObjectOptions

    func run() throws { try setSuspended(true, names, options) }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run again when due.")
    @Argument(help: "Their names.")
    var names: [String]
    @OptionGroup var options: KeptObjectOptions

    func run() throws { try setSuspended(false, names, options) }
  }
}

private func setSuspended(_ isSuspended: Bool, _ names: [String], _ options: KeptObjectOptions) throws {
  let file = try options.state.open()
  for name in names {
    let old = try options.one(kind, name)
    var manifest = old.manifest.objectValue ?? [:]
    var spec = manifest["spec"]?.objectValue ?? [:]
    spec["suspend"] = .bool(isSuspended)
    manifest["spec"] = .object(spec)
    let new = StoredObject(
      kind: old.kind, namespace: old.namespace, name: old.name, manifest: .object(manifest), createdAt: old.createdAt,
      updatedAt: SystemTime().now)
    _ = try reportingFailure { try file.keep(new) }
    print("CronWorkflow '\(name)' \(isSuspended ? "suspended" : "resumed")")
  }
}
