import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import ignore from "@balena/dockerignore";
import {
  type Copy,
  DockerfileParser,
  type Env,
  type From,
  type Instruction,
  type JSONInstruction,
} from "dockerfile-ast";

const run = promisify(execFile);
/** Its types describe an ES module, and it is a CommonJS one. */
const dockerignore = ignore as unknown as typeof ignore.default;
const NOBODY = 65_534;

/** A stage of a Dockerfile whose steps have been run. */
export interface Image {
  /** The directory that is its root. */
  root: string;
  env: Record<string, string>;
  user: string;
  entrypoint: string[];
  command: string[];
  healthcheck: string[];
}

/**
 * Runs the steps of a Dockerfile without a container engine: the files of each stage go to a directory of its own below `directory`,
 * RUN runs there as a user without rights, and COPY copies from there. Base images are made of this machine's parts: see `bases`.
 *
 * @returns the stages by name
 */
export async function buildImages(dockerfile: string, directory: string): Promise<Record<string, Image>> {
  const parsed = DockerfileParser.parse(await readFile(dockerfile, "utf8"));
  const context = resolve(dirname(dockerfile));
  const variables = Object.fromEntries(
    parsed.getInitialARGs().map((arg) => [arg.getProperty()?.getName() ?? "", arg.getProperty()?.getValue() ?? ""]),
  );
  const images: Record<string, Image> = {};
  let image: Image | undefined;
  let workdir = "/";

  const steps: Record<string, (step: Instruction) => Promise<void> | void> = {
    ARG() {},
    EXPOSE() {},
    async FROM(step) {
      const from = step as From;
      const name = from.getBuildStage() ?? "last";
      image = { root: join(directory, name), env: {}, user: "0", entrypoint: [], command: [], healthcheck: [] };
      images[name] = image;
      workdir = "/";
      await mkdir(image.root, { recursive: true });
      const base = (from.getImage() ?? "").replace(/\$\{(\w+)\}/g, (_, variable: string) => variables[variable] ?? "");
      const make = Object.entries(bases).find(([prefix]) => base.startsWith(prefix))?.[1];
      if (!make) throw new Error(`${base}: this base is not known here`);
      await make(image.root, base);
    },
    async WORKDIR(step) {
      workdir = step.getArgumentsContent() ?? "/";
      await mkdir(join(current().root, workdir), { recursive: true });
    },
    async RUN(step) {
      const { root, env } = current();
      const home = join(directory, "home");
      await mkdir(home, { recursive: true });
      await run("chown", ["-R", `${NOBODY}:${NOBODY}`, home, join(root, workdir)]);
      const path = `${join(root, "usr/local/bin")}:/usr/local/bin:/usr/bin:/bin`;
      await run("sh", ["-ec", step.getArgumentsContent() ?? ""], {
        cwd: join(root, workdir),
        env: { ...wayToRegistry(), ...env, PATH: path, HOME: home },
        uid: NOBODY,
        gid: NOBODY,
        maxBuffer: 1e8,
      });
    },
    async COPY(step) {
      const copy = step as Copy;
      const flags = new Map(copy.getFlags().map((flag) => [flag.getName(), flag.getValue() ?? ""]));
      const [target = "", ...sources] = copy
        .getArguments()
        .map((argument) => argument.getValue())
        .reverse();
      const { root } = current();
      const to = target.startsWith("/") ? join(root, target) : join(root, workdir, target);
      const from = flags.get("from");
      for (const source of sources.reverse()) {
        if (from === undefined) await copyContext(context, source, to);
        else await copyTree(join(images[from]?.root ?? "", source), to);
      }
      const owner = flags.get("chown") ?? "0:0";
      await run("chown", ["-R", owner, to]);
    },
    ENV(step) {
      for (const property of (step as Env).getProperties()) {
        current().env[property.getName()] = property.getValue() ?? "";
      }
    },
    USER(step) {
      current().user = step.getArgumentsContent() ?? "";
    },
    ENTRYPOINT(step) {
      current().entrypoint = words(step);
    },
    CMD(step) {
      current().command = words(step);
    },
    HEALTHCHECK(step) {
      const content = step.getArgumentsContent() ?? "";
      current().healthcheck = JSON.parse(content.slice(content.indexOf("["))) as string[];
    },
  };
  function current(): Image {
    if (!image) throw new Error("a step before FROM");
    return image;
  }

  for (const step of parsed.getInstructions()) {
    const carryOut = steps[step.getKeyword()];
    if (!carryOut) throw new Error(`${step.getKeyword()}: this step is not known here`);
    await carryOut(step);
  }
  return images;
}

/** The variables for the package registry of this machine. */
const wayToRegistry = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(https?_proxy|no_proxy|node_extra_ca_certs)$/i.test(name)),
  );

const words = (step: Instruction) =>
  (step as JSONInstruction).getJSONStrings().map((argument) => JSON.parse(argument.getValue()) as string);

const bases: Record<string, (root: string, image: string) => Promise<void>> = {
  /** The Node that runs this test, and the machine's shell and npm. */
  "node:": async (root, image) => {
    if (image !== `node:${process.versions.node}-slim`) throw new Error(`${image} is not ${process.versions.node}`);
    await copyTree(process.execPath, join(root, "usr/local/bin/node"));
  },
  /** The libraries that Node is linked with, and nothing else. */
  "gcr.io/distroless/cc-": async (root) => {
    const { stdout } = await run("ldd", [process.execPath]);
    for (const [path] of stdout.matchAll(/\/\S+/g)) await copyTree(path, join(root, path));
    for (const path of ["proc", "dev", "tmp"]) await mkdir(join(root, path), { recursive: true });
  },
};

/** Copies a file into a directory or to its new name, or what is in a directory. */
async function copyTree(from: string, to: string): Promise<void> {
  const isDirectory = (await stat(from)).isDirectory();
  const target = !isDirectory && to.endsWith("/") ? join(to, from.split("/").at(-1) ?? "") : to;
  await mkdir(isDirectory ? target : dirname(target), { recursive: true });
  await cp(from, target, { recursive: true, dereference: !isDirectory });
}

/** Copies the files of the build's context that .dockerignore does not exclude. */
async function copyContext(context: string, source: string, to: string): Promise<void> {
  if (source !== ".") return copyTree(join(context, source), join(to, source));
  const ignored = dockerignore().add(await readFile(join(context, ".dockerignore"), "utf8"));
  const skipped = new Set(["node_modules", ".git"]); // ignored as well, and large
  const walk = async (directory: string): Promise<string[]> => {
    const entries = await readdir(join(context, directory), { withFileTypes: true });
    const lists = entries.map(async (entry) => {
      const path = join(directory, entry.name);
      if (!entry.isDirectory()) return [path];
      return skipped.has(path) ? [] : walk(path);
    });
    return (await Promise.all(lists)).flat();
  };
  for (const path of ignored.filter(await walk("."))) await copyTree(join(context, path), join(to, path));
}

/** Runs a command in the image as its user, with these settings alone, on a read-only root with writable directories `volumes`. */
export function commandIn(image: Image, command: string[], volumes: string[] = []) {
  const binds = volumes.map((path) => `mount --bind "$1${path}" "$1${path}"; `).join("");
  const script = `set -e; mount --bind "$1" "$1"; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; ${binds}mount -o remount,bind,ro "$1"; root=$1; shift; exec /usr/sbin/chroot --userspec=${image.user} "$root" "$@"`;
  return {
    program: "/usr/bin/unshare",
    args: ["--mount", "--", "/bin/sh", "-c", script, "sh", image.root, ...command],
  };
}
