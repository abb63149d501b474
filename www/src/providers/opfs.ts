// The origin's private file system, as a worker has it.

/** A file that is open in this worker alone. */
export interface AccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Opens a folder, `a/b/c`; made where there is none. */
export async function openFolder(path: string): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of path.split("/")) folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

/** Opens a file of a folder for this worker alone; made where there is none. */
export async function openAccess(folder: FileSystemDirectoryHandle, name: string): Promise<AccessHandle> {
  const file = await folder.getFileHandle(name, { create: true });
  return (file as unknown as { createSyncAccessHandle(): Promise<AccessHandle> }).createSyncAccessHandle();
}
