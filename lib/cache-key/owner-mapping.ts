/** Whose the files of the context are to the executor: it decides the key, and depends on how the driver presents them. */

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Null when it is not known. */
export type OwnerMapping = (owner: Owner) => Owner | null;

/** Bind mounts of a root engine, the sandbox of root, and copies, which are sent with the numbers they have. */
export const sameOwners: OwnerMapping = owner => owner;

/** What the kernel shows for an id that has no place in a user namespace. */
const overflowId = 65_534;

/** @param uidMap, gidMap triples of inside, outside, count, as newuidmap takes them */
export function mappedOwners(uidMap: readonly string[], gidMap: readonly string[]): OwnerMapping {
  const uid = mapping(uidMap);
  const gid = mapping(gidMap);
  return owner => ({ uid: uid(owner.uid), gid: gid(owner.gid) });
}

function mapping(map: readonly string[]): (id: number) => number {
  const numbers = map.map(Number);
  return id => {
    for (let at = 0; at + 2 < numbers.length; at += 3) {
      const [inside, outside, count] = numbers.slice(at, at + 3) as [number, number, number];
      if (id >= outside && id < outside + count) return inside + (id - outside);
    }
    return overflowId;
  };
}
