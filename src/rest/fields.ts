/** Fields that many operations have. */

import { z } from 'zod';
import { OBJECT_ID } from '../model/object-ids.ts';

/** Text that may be absent. */
export type OptionalText = z.ZodOptional<z.ZodString>;
/** A number that may be absent. */
export type OptionalNumber = z.ZodOptional<z.ZodNumber>;
/** A truth value that may be absent. */
export type OptionalFlag = z.ZodOptional<z.ZodBoolean>;
/** A truth value that is `false` where nothing is said. */
export type Flag = z.ZodDefault<z.ZodBoolean>;
/** A list of texts that may be absent. */
export type OptionalTexts = z.ZodOptional<z.ZodArray<z.ZodString>>;
/** Data of the program's own: an object, or one as JSON text. */
export type MetaData = z.ZodUnion<readonly [z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodString]>;

/** Most entries of a page. */
export const MAX_PAGE = 250;

/** An account: its id, or `me` for the token's. */
export const userField: z.ZodString = z
  .string()
  .regex(/^(?:me|[a-z0-9-]{1,64})$/, 'is no id of a user')
  .meta({ description: "ID of the user, or `me` for the token's own" });

/** An id. */
export function idField(description: string): z.ZodString {
  return z.string().regex(OBJECT_ID, 'is no id').meta({ description });
}

/** A switch that is off where nothing is said. */
export function flagField(description: string): Flag {
  return z.boolean().default(false).meta({ description });
}

/** A time: RFC 3339, or a date. */
export function timeField(description: string): z.ZodUnion<readonly [z.ZodISODateTime, z.ZodISODate]> {
  return z.union([z.iso.datetime({ offset: true }), z.iso.date()]).meta({ description });
}

/** How many entries of a list. */
export const limitField: z.ZodDefault<z.ZodNumber> = z
  .number()
  .int()
  .min(1)
  .max(MAX_PAGE)
  .default(20)
  .meta({ description: 'Most entries of the answer' });

/** A page of a list. */
export const pageFields: {
  limit: typeof limitField;
  next: z.ZodOptional<z.ZodString>;
  previous: z.ZodOptional<z.ZodString>;
  page: z.ZodOptional<z.ZodNumber>;
} = {
  limit: limitField,
  next: z.string().max(1024).optional().meta({ description: 'Cursor of the next page, from an answer' }),
  previous: z.string().max(1024).optional().meta({ description: 'Cursor of the previous page, from an answer' }),
  page: z.number().int().min(1).optional().meta({ description: 'Number of the page, said back' }),
};

type Cursor = z.ZodUnion<readonly [z.ZodLiteral<false>, z.ZodString]>;
const cursor: Cursor = z.union([z.literal(false), z.string()]);

/** What an answer with a page of a list has beside `results`. */
export const pageResponse: {
  total: z.ZodNumber;
  page: z.ZodNumber;
  previousCursor: Cursor;
  nextCursor: Cursor;
} = {
  total: z.number().int().meta({ description: 'How many there are in all' }),
  page: z.number().int(),
  previousCursor: cursor.meta({ description: 'Cursor of the page before; `false` for none' }),
  nextCursor: cursor.meta({ description: 'Cursor of the next page; `false` for none' }),
};

/** Data of the program's own: an object, or one as JSON text. */
export const metaDataField: MetaData = z
  .union([z.record(z.string(), z.unknown()), z.string().max(1024 * 1024)])
  .meta({ description: 'A JSON object of your own, or its text' });

/** An answer that says nothing but that it was done. */
export const doneResponse: z.ZodObject = z.object({});

/** An answer that names what was made. */
export const madeResponse: z.ZodObject<{ id: z.ZodString }> = z.object({ id: z.string() });
